"""Gemini, Google's own format: passed on as it is, and both ways through the middle.

Owns: requests, answers, streams and errors of the format.
Does not own: who speaks it, how a key is shown (providers), or the paths that name model and action (edge).
Invariant: with Gemini on both sides nothing is rebuilt.
"""
