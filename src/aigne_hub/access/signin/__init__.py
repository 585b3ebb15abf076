"""Signing in: how the hub knows a person at the console.

Owns: passwords, passkeys, single sign-on, links by mail, and the sessions that come of them.
Does not own: what a person may do once known (identity), nor keys and tokens for applications.
Invariants: a session's secret is kept as a keyed hash and is in nothing but its cookie; no answer tells
whether an account exists; whoever is disabled or loses a right is signed out everywhere.
"""
