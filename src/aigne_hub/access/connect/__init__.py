"""Connect: a command-line client waits while a person in a browser gives it a key (contract 1.3).

Owns: the waiting session, the encryption its clients expect, and the key that comes of it.
Does not own: who the person is, nor keys themselves.
Invariants: a session lives ten minutes and serves one key; a minute after the key was fetched, or at once when
the client says so, nothing of it is left.
"""
