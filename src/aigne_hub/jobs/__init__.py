"""Jobs: a clock tick is a door too.

Owns: what runs by itself, and how often.
Does not own: the work; a tick calls one function below.
Invariant: a tick that fails is logged and comes again; it never takes the hub down.
"""
