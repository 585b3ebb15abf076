"""The relay: answers a call. Plan → open the record → try, and go on → settle. The heart; read answer.py first.

Owns: the order of the steps, what happens when one fails, and that each call is settled exactly once.
Does not own: identity, names, formats, connections or rows; each has its room below.
Invariants: the laws of ARCHITECTURE.md: the record is durable before the answer's last byte; after
the first byte there is no second try; a caller who hangs up is settled all the same.
"""
