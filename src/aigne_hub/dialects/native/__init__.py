"""The reference hub's own format (contract 2.4), as its published clients speak it.

Owns: requests, answers and streams of native chats.
Does not own: images and video, which have dialects of their own.
Invariants: no provider speaks it, so every call is translated; a stream holds JSON events alone, and no `[DONE]`.
"""
