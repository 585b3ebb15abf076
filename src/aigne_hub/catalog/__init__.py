"""Catalog: what can be called, and through whom.

Owns: providers, their credentials and models, and the resolution of the name a caller gives.
Does not own: who may call (access), sending calls (outbound, relay).
Invariants: a credential is sealed at rest, opened only into the snapshot, and masked everywhere else;
a name resolves from memory alone.
"""
