"""What may be said of a provider's limits, and what counts of it for a model."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.limits import (
    NONE,
    ProviderLimits,
    TargetLimits,
    Trying,
    checked_concurrency,
    checked_limits,
    decoded,
    encoded,
    longest_s,
    resolved,
    with_changes,
    without,
)

ALL = ProviderLimits(
    connect_s=2, first_byte_s=30, idle_s=20, total_s=60, retries=1, concurrency=3, queue=5, queue_s=4,
    models={"*-thinking": Trying(first_byte_s=600, total_s=900), "*": Trying(idle_s=15)},
)  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "param", "message"),
    [
        (ProviderLimits(connect_s=0), "limits.connectS", "a number of seconds from 0.1 to 300"),
        (ProviderLimits(idle_s=float("nan")), "limits.idleS", "a number of seconds from 0.1 to 3600"),
        (ProviderLimits(total_s=86_401), "limits.totalS", "a number of seconds from 0.1 to 86400"),
        (ProviderLimits(connect_s=11, total_s=10), "limits.connectS", r"connectS \(11\) is longer than totalS \(10\)"),
        (ProviderLimits(first_byte_s=11, total_s=10), "limits.firstByteS", "or a larger totalS"),
        (ProviderLimits(idle_s=11, total_s=10), "limits.idleS", "longer than totalS"),
        (ProviderLimits(retries=5), "limits.retries", "a whole number from 0 to 4"),
        (ProviderLimits(concurrency=0), "limits.concurrency", "a whole number from 1 to 10000"),
        (ProviderLimits(concurrency=1, queue=-1), "limits.queue", "a whole number from 0 to 10000"),
        (ProviderLimits(concurrency=1, queue_s=301), "limits.queueS", "a number of seconds from 0.1 to 300"),
        (ProviderLimits(queue=3), "limits.concurrency", "give concurrency too"),
        (ProviderLimits(queue_s=3), "limits.concurrency", "give concurrency too"),
        (ProviderLimits(models={"": Trying()}), "limits.models", "1 to 200 characters"),
        (ProviderLimits(models={"a\0": Trying()}), "limits.models", "1 to 200 characters"),
        (ProviderLimits(models={f"m{n}": Trying() for n in range(51)}), "limits.models", "at most 50 patterns"),
        (ProviderLimits(models={"o*": Trying(retries=9)}), "limits.models.o*.retries", "from 0 to 4"),
        (ProviderLimits(total_s=60, models={"o*": Trying(idle_s=61)}), "limits.models.o*.idleS", "longer than totalS"),
        (ProviderLimits(idle_s=60, models={"o*": Trying(total_s=50)}), "limits.models.o*.idleS", "longer than totalS"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(limits: ProviderLimits, param: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message) as refused:
        checked_limits(limits)
    assert refused.value.param == param


def test_what_can_be_is_kept_as_it_was_said() -> None:
    assert decoded(encoded(checked_limits(ALL))) == ALL
    assert list(decoded(encoded(ALL)).models) == ["*-thinking", "*"]
    assert encoded(NONE) is None
    assert decoded(None) == NONE


def test_of_the_patterns_the_first_that_matches_counts_and_the_provider_for_the_rest() -> None:
    thinking, plain = resolved(ALL, "o9-thinking", None), resolved(ALL, "o9", 2)
    assert thinking == TargetLimits(Trying(2, 600, 20, 900, 1), 3, None, 5, 4)
    assert plain == TargetLimits(Trying(2, 30, 15, 60, 1), 3, 2, 5, 4)


def test_where_nothing_is_said_there_is_nothing_to_look_at() -> None:
    assert resolved(NONE, "m", None) is None


@pytest.mark.parametrize(("at_provider", "with_credential", "queue"), [(4, None, 4), (4, 2, 4), (None, 2, 2)])
def test_as_many_may_wait_as_run(at_provider: int | None, with_credential: int | None, queue: int) -> None:
    found = resolved(ProviderLimits(concurrency=at_provider), "m", with_credential)
    assert found == TargetLimits(Trying(), at_provider, with_credential, queue, 10)


def test_limits_are_changed_one_by_one_and_taken_away() -> None:
    limits = with_changes(NONE, None, {"total_s": 60.0})
    limits = with_changes(limits, "o*", {"idle_s": 5.0})
    limits = with_changes(limits, "o*", {"retries": 2})
    assert limits == ProviderLimits(total_s=60.0, models={"o*": Trying(idle_s=5.0, retries=2)})
    assert without(limits, "o*") == ProviderLimits(total_s=60.0)
    assert without(limits, None) == NONE


def test_the_longest_that_anything_may_take_is_known() -> None:
    assert longest_s(ALL) == 900
    assert longest_s(NONE) == 0


def test_a_credential_has_a_concurrency_or_none() -> None:
    assert [checked_concurrency(one) for one in (None, 0, 7)] == [None, None, 7]
    with pytest.raises(BadRequest, match="from 0 to 10000"):
        checked_concurrency(-1)
