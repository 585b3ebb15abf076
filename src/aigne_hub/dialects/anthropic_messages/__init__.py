"""Messages, Anthropic's own format: passed on in place, and both ways through the middle.

Owns: requests, answers, streams and errors of the format.
Does not own: who speaks it, or how a key is shown (providers).
Invariant: with Messages on both sides nothing is rebuilt.
"""
