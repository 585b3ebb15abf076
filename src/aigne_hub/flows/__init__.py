"""Flows: what needs two rooms. The only code, beside the relay, that may combine them.

Owns: the order of steps across rooms.
Does not own: any rule of a single room.
"""
