"""The one rule for writing a request a second time lives here.

A kept-alive connection may be closed by the provider at the very moment a request is written to it.
RFC 9110 §9.2.2 forbids an intermediary to repeat a non-idempotent request unless it can tell that the
first one was never applied, and a paid completion must not be bought twice. What tells us is time: a
close that was already under way reaches us within half a round trip of our write, whereas a close that
answers our request takes at least a whole one. So the request goes out again, once, on a fresh
connection, if the connection had served before, no byte of an answer came, and the close came within
half of the round trip measured when connecting. Safe methods may always go again.

The trade-off: below a few milliseconds the event loop's own delay drowns the round trip, so there is a
floor under which a provider that took the request and died at once would be asked again; it had two
milliseconds for it. The ceiling is for round trips that were measured too long on a busy machine.
Set both to zero to never repeat a POST.
"""

from __future__ import annotations

FLOOR_S = 0.002
CEILING_S = 0.05
_SAFE_METHODS = frozenset((b"GET", b"HEAD", b"OPTIONS"))


def may_resend(
    method: bytes, *, is_reused: bool, has_answered: bool, closed_after_s: float | None, round_trip_s: float
) -> bool:
    """Whether a request that failed may be written again; `closed_after_s` is None if nobody closed on us."""
    if not is_reused or has_answered or closed_after_s is None:
        return False
    if method in _SAFE_METHODS:
        return True
    return closed_after_s <= max(FLOOR_S, min(CEILING_S, round_trip_s / 2))
