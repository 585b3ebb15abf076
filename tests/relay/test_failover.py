"""What a failure means for the call, and which of several the caller is told."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.relay.failover import may_go_on, most_telling

STOPS = {Failure.rejected, Failure.oversized}


def failed(kind: Failure, status: int | None = None, retry_after: int | None = None) -> UpstreamFailed:
    return UpstreamFailed(kind, kind.value, upstream_status=status, retry_after=retry_after)


@pytest.mark.parametrize("kind", list(Failure))
def test_every_kind_of_failure_says_whether_the_next_may_try(kind: Failure) -> None:
    assert may_go_on(failed(kind)) is (kind not in STOPS)


@pytest.mark.parametrize(
    ("status", "goes_on"),
    [(400, False), (403, False), (404, True), (408, True), (409, False), (410, True), (413, False), (422, False)],
)
def test_of_what_was_rejected_only_a_missing_model_and_slowness_may_be_otherwise_elsewhere(
    status: int, goes_on: bool
) -> None:
    assert may_go_on(failed(Failure.rejected, status)) is goes_on


def test_what_ended_the_attempts_for_good_is_told() -> None:
    last = failed(Failure.rejected, 422)
    assert most_telling([failed(Failure.throttled, 429), last]) is last


@pytest.mark.parametrize("kind", [kind for kind in Failure if kind not in STOPS])
def test_what_gives_hope_is_told_before_what_an_operator_has_to_mend(kind: Failure) -> None:
    credential, other = failed(Failure.credential, 401), failed(kind)
    if kind is not Failure.forbidden_address:
        assert most_telling([credential, other]) is other
        assert most_telling([other, credential]) is (other if kind is not Failure.credential else credential)


def test_of_equals_the_last_is_told() -> None:
    last = failed(Failure.overloaded, 503)
    assert most_telling([failed(Failure.overloaded, 500), last]) is last


@pytest.mark.parametrize(("waits", "told"), [((30, 7, None), 7), ((None, None), 5), ((9,), 9), ((None,), None)])
def test_when_all_are_throttled_the_shortest_wait_is_told(waits: tuple[int | None, ...], told: int | None) -> None:
    error = most_telling([failed(Failure.throttled, 429, wait) for wait in waits])
    assert (error.status, error.retry_after) == (429, told)
