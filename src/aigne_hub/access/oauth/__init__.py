"""OAuth 2.0: how an application gets a token to act for a person, or for itself.

Owns: clients, authorizations, codes, tokens and device requests, a file per RFC.
Does not own: who the person is (signin) or what a token may do once it is good (identity, snapshot).
Invariants: every secret is opaque and kept as a keyed hash; an answer goes only to a redirect URI that was
registered; a refresh token used twice ends its whole family.
"""
