"""Videos: which video job is whose, and where it is made.

Owns: a row for each job that a caller began and may look at later, with what was last heard of it.
Does not own: asking a provider (relay), how a job is told of (dialects), films (the provider keeps them, or files).
Invariants: a job belongs to one user, and every look-up takes that user; its id is that of the call that began it;
neither prompts nor films are kept; a row goes with its provider, and after a month.
"""
