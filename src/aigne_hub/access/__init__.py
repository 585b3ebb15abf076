"""Access: who is calling and what they may do.

Owns: users, roles, access keys, and the snapshot of them that the hot path reads.
Does not own: what can be called (catalog) or what it costs.
Invariants: a key is stored only as a keyed hash and shown once; whatever is not known to be good is
refused; a revocation by any process reaches every worker within a second.
"""
