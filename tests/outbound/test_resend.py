"""When a request may be written a second time."""

from __future__ import annotations

import pytest

from aigne_hub.outbound.resend import CEILING_S, FLOOR_S, may_resend


@pytest.mark.parametrize(
    ("method", "is_reused", "has_answered", "closed_after_s", "round_trip_s", "may"),
    [
        (b"POST", True, False, 0.0, 0.0, True),
        (b"POST", True, False, FLOOR_S, 0.0, True),
        (b"POST", True, False, FLOOR_S * 1.1, 0.0, False),
        (b"POST", True, False, 0.019, 0.04, True),
        (b"POST", True, False, 0.021, 0.04, False),
        (b"POST", True, False, CEILING_S + 0.001, 5.0, False),
        (b"POST", False, False, 0.0, 0.0, False),
        (b"POST", True, True, 0.0, 0.0, False),
        (b"POST", True, False, None, 0.0, False),
        (b"GET", True, False, 60.0, 0.0, True),
        (b"GET", True, False, None, 0.0, False),
        (b"GET", False, False, 0.0, 0.0, False),
        (b"GET", True, True, 0.0, 0.0, False),
    ],
)
def test_a_request_goes_again_only_when_it_cannot_have_been_read_or_is_safe(
    method: bytes, is_reused: bool, has_answered: bool, closed_after_s: float | None, round_trip_s: float, may: bool
) -> None:
    verdict = may_resend(
        method,
        is_reused=is_reused,
        has_answered=has_answered,
        closed_after_s=closed_after_s,
        round_trip_s=round_trip_s,
    )
    assert verdict is may
