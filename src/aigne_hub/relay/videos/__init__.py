"""Videos: jobs of a provider, begun and waited for, or begun and looked at later.

Owns: how long and how often a job is looked at, who pays for it, and its end when nobody waits for it any more.
Does not own: formats (dialects), which job is whose (the room videos), kept films (the room files).
Invariants: beginning a job is the call, recorded once, before the caller learns of the job; looking at it and
fetching its film are none; every wait has an end, and a job that nobody will fetch is cancelled where that can be.
"""
