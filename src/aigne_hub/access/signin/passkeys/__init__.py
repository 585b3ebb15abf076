"""Passkeys: signing in by a key pair that a device holds (WebAuthn level 3).

Owns: the options a browser is asked with, and the check of what it answers.
Does not own: the session that comes of it.
Invariants: a challenge is used once, within five minutes, for the user it was made for; an answer counts only at the
hub's own address; a key's counter never goes back.
"""
