"""Apps: servers that sign their V1 calls with a key pair of their own (contract 1.5).

Owns: their public keys, the name that follows from one, and the check of a signature.
Does not own: what an app may do; it acts as a service account, which owners and admins switch on.
Invariant: anybody may register a public key, and nothing can be done with it before a manager allows it.
"""
