"""The ground: errors, ids, clock, crypto and deadlines that every floor may stand on.

Owns: small values and tools without knowledge of the hub's business.
Does not own: anything that reads the environment, a database or the network.
Invariant: imports nothing else of this package.
"""
