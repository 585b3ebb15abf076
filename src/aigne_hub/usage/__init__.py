"""Usage: what happened. One record per call, and the reports made of them.

Owns: the records of calls, their states and their listing.
Does not own: what a call costs (billing), or answering it (relay).
Invariants: a call goes `processing` → `success | failed` once; its final record is committed before
the last byte of its answer leaves.
"""
