"""Responses, OpenAI's newer format: passed on in place, and both ways through the middle.

Owns: requests, answers, streams and the error event of the format.
Does not own: stored answers and conversations, which stay with the provider that keeps them.
Invariant: with Responses on both sides nothing is rebuilt.
"""
