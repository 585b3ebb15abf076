"""Devices without a browser: a person allows them elsewhere, by a code they read off (RFC 8628).

Owns: device requests, their two codes and how often they may be polled.
Does not own: the tokens that come of them (tokens).
Invariants: both codes are kept as keyed hashes; a request gives tokens once.
"""
