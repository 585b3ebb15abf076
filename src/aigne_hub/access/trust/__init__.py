"""Trusted issuers: workloads call the hub with a token of their own platform instead of a key of ours.

Owns: which issuers are trusted, for whom, and whether a JWT is one of theirs.
Does not own: people who sign in at an OpenID provider (signin/sso).
Invariants: the algorithm is pinned by us, never by the token; a key is only taken from where the issuer
publishes its keys; what was verified is forgotten when the token, the issuer or its user changes.
"""
