"""Claims: which call of a user has an idempotency key, and what was answered to it.

Owns: the rows of claims and of kept answers.
Does not own: answering, attaching and replaying (relay/repeats.py).
Invariants: a key of a user has one claim at a time; an answer is kept in the transaction of its call's own record.
"""
