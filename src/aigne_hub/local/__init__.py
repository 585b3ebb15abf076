"""Local: the language model that ships with the hub, run by llama.cpp in a process of its own.

Owns: finding the model, one child process per data directory, its restarts and its end.
Does not own: the provider row that points at it (flows), or whether it is wanted (settings).
Invariants: of all workers on a data directory one runs the child; the child never outlives that worker,
however the worker ends; it listens on loopback only, under a key made anew at every start; nothing that
is asked of it is logged.
"""
