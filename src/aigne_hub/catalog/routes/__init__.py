"""Routes: where an operator wants the calls of a name to go.

Owns: the rows of routes, their changes, and what becomes of them in memory.
Does not own: whose turn it is, or who is down (relay).
Invariants: a route that is kept led somewhere when it was saved; one that does not any more says what is missing; no
chain of names is without end; every change is in the journal and reaches the snapshot of every worker.
"""
