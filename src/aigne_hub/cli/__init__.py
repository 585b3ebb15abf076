"""The command line: a door for the operator at a shell.

Owns: commands, their options, and how a listing looks in a terminal or as JSON.
Does not own: any rule of a room; a command opens the house, calls one function and prints.
Invariant: every command works while the server runs.
"""
