"""Tokenizer: how many tokens texts are, counted by a real tokenizer in a process of its own.

Owns: one child process in each worker, its start when it is first needed, its limits and its end.
Does not own: what is counted (dialects), when (relay), or what is taken instead when it cannot count (relay).
Invariants: no worker loads the vocabulary; a child that is not needed does not run; nobody waits longer than the limits
in keeper.py, whatever becomes of the child; it never outlives its worker; no text is logged.
"""
