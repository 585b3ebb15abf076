"""Tickets: one-time secrets with a purpose, a payload and an end.

Owns: set-up links, invitations, resets, sign-in challenges, authorization codes, as one kind of thing.
Does not own: what a ticket is good for; its purpose says which part of access reads the payload.
Invariants: a ticket is kept as a keyed hash; it is used once, whoever tries at the same time; a used one is
remembered until a day after its end, so that a replay is told from a guess.
"""
