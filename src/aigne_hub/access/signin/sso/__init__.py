"""Single sign-on: the OpenID providers at which people sign in, and who they are there.

Owns: issuers, identities, and what an issuer's claims say of a person's role.
Does not own: talking to an issuer (flows/openid.py), nor the session that comes of it.
Invariants: a person is known by issuer and subject alone, never by e-mail address; a local account becomes an
issuer's only when its holder links it; no claim makes an owner unless an owner has said so.
"""
