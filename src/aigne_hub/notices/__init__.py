"""Notices: what owners and admins are told without asking.

Owns: the webhook, with its secret, and the notices that wait to be sent.
Does not own: what is worth telling, and sending it (a flow).
Invariants: a notice is written in the transaction of what it tells; one worker sends it, and again only when it failed,
a bounded number of times; the secret is shown once; every change of the webhook is in the journal.
"""
