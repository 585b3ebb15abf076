"""A small limit of how often one user may do a thing."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import TooMany
from aigne_hub.base.throttle import Throttle


def test_a_user_may_as_often_as_told_in_any_period() -> None:
    throttle = Throttle(2, 10.0)
    throttle.take(1, 100.0)
    throttle.take(1, 105.0)
    with pytest.raises(TooMany) as refused:
        throttle.take(1, 109.5)
    assert refused.value.retry_after == 1
    throttle.take(2, 109.5)
    throttle.take(1, 110.0)
    with pytest.raises(TooMany):
        throttle.take(1, 114.0)


def test_users_who_came_long_ago_are_forgotten() -> None:
    throttle = Throttle(1, 10.0)
    for user in range(10_000):
        throttle.take(user, 0.0)
    throttle.take(10_000, 100.0)
    assert len(throttle._taken) == 1


def test_to_look_counts_nothing() -> None:
    throttle = Throttle(1, 60.0)
    for _ in range(3):
        throttle.refuse_full("a", 0.0)
    throttle.take("a", 0.0)
    with pytest.raises(TooMany):
        throttle.refuse_full("a", 59.0)
    throttle.refuse_full("a", 60.0)
