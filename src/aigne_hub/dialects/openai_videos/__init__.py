"""OpenAI's Videos: jobs that are asked for, looked at, fetched, remixed and deleted.

Owns: the requests and answers of the format, at the door and at a provider.
Does not own: which job is whose (the room videos), or asking a provider (relay).
Invariants: with the format on both sides a request loses nothing but its model's name, and an answer
nothing but the ids, which are the hub's own.
"""
