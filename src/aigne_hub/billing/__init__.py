"""Billing: what a call costs.

Owns: the arithmetic from what was used and the rates in force to whole nano-credits.
Does not own: which rate a model has (catalog), what was used (dialects, usage).
Invariants: integers and exact fractions throughout; a call's cost is rounded once, half-even, and nowhere else.
"""
