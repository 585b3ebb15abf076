"""Providers: what is known of upstream services before anyone configures one.

Owns: names, default addresses, test models and quirks, as data (contract 5.1).
Does not own: the operator's own providers and credentials (catalog), or any I/O.
Invariant: pure values; nothing here opens, reads or sends.
"""
