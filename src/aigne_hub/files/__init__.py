"""Files: what a provider returned as bytes and a caller wants at an address, kept for a bounded time.

Owns: the rows and the bytes of kept files, their addresses, the space they may take up, and their end.
Does not own: who may list or delete them (api), how they are shown (edge), what is kept (relay).
Invariants: an address is a random token of 192 bits that is kept nowhere, only its keyed hash; a file ends
with its time, with its owner's account and when its owner says so; bytes are whole and on disk before their row
is, and a row goes before its bytes: what a crash leaves behind is swept; no wait, file or store is unbounded.
"""
