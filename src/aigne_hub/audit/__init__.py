"""Audit: who changed what, and who was refused.

Owns: the journal, its chain of hashes, and the proof that nobody touched it.
Does not own: what is worth noting; the rooms above note each of their own changes, in the same transaction.
Invariants: rows are added, never edited; `seq` has no gaps; no secret is ever in a row.
"""
