"""Dialects: the wire formats, one file each, both directions, and the shape in the middle.

Owns: reading and writing requests, answers, streams and errors of each format.
Does not own: sending anything, choosing a provider, or money.
Invariants: pure (bytes in, values out, no I/O); with the same dialect on both sides the body is
edited in place and nothing a client or provider wrote is lost.
"""
