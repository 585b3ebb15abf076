"""What a key may use: exact in any minute, within a process."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigne_hub.access.identity import Limits
from aigne_hub.access.limits import LimitReached, MemoryCounters
from aigne_hub.base.clock import StoppedClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


async def refusal(counters: MemoryCounters, limits: Limits, tokens: int = 0) -> LimitReached:
    with pytest.raises(LimitReached) as refused:
        await counters.take(1, limits, tokens)
    return refused.value


async def test_requests_are_counted_over_a_minute(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(requests_per_minute=3)
    left = [(await counters.take(1, limits, 0)).requests for _ in range(3)]
    assert [one.left for one in left if one] == [2, 1, 0]
    refused = await refusal(counters, limits)
    assert refused.retry_after == 61
    assert refused.lease.requests is not None and refused.lease.requests.left == 0
    clock.advance(refused.retry_after)
    assert await counters.take(1, limits, 0)


async def test_room_comes_as_the_oldest_leave(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(requests_per_minute=2)
    await counters.take(1, limits, 0)
    clock.advance(30)
    await counters.take(1, limits, 0)
    refused = await refusal(counters, limits)
    assert refused.retry_after == 31
    clock.advance(31)
    await counters.take(1, limits, 0)
    assert (await refusal(counters, limits)).retry_after == 30


async def test_one_key_does_not_use_up_anothers(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(requests_per_minute=1)
    await counters.take(1, limits, 0)
    assert await counters.take(2, limits, 0)


async def test_tokens_are_assumed_at_first_and_true_at_the_end(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(tokens_per_minute=100)
    lease = await counters.take(1, limits, 10)
    assert lease.tokens is not None and lease.tokens.left == 90
    clock.advance(5)
    lease.end(100)
    assert (await refusal(counters, limits)).retry_after == 61
    clock.advance(61)
    assert await counters.take(1, limits, 10)


async def test_a_call_that_used_nothing_gives_back_what_was_assumed(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(tokens_per_minute=100)
    lease = await counters.take(1, limits, 100)
    lease.end(0)
    lease.end(50)
    after = await counters.take(1, limits, 1)
    assert after.tokens is not None and after.tokens.left == 99


async def test_unknown_use_keeps_what_was_assumed(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(tokens_per_minute=100)
    (await counters.take(1, limits, 60)).end(None)
    after = await counters.take(1, limits, 1)
    assert after.tokens is not None and after.tokens.left == 39


async def test_calls_at_a_time_are_bounded_whatever_way_they_end(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(concurrency=2)
    first, second = [await counters.take(1, limits, 0) for _ in range(2)]
    assert (await refusal(counters, limits)).retry_after == 1
    first.end(0)
    first.end(0)
    third = await counters.take(1, limits, 0)
    assert await refusal(counters, limits)
    second.end(None)
    third.end(None)
    assert await counters.take(1, limits, 0)


async def test_counts_of_keys_at_rest_are_dropped(clock: StoppedClock) -> None:
    counters, limits = MemoryCounters(clock), Limits(requests_per_minute=1)
    for key in range(10_000):
        (await counters.take(key, limits, 0)).end(0)
    clock.advance(120)
    await counters.take(10_001, limits, 0)
    assert len(counters._counts) == 1


@settings(max_examples=60)
@given(st.integers(1, 8), st.lists(st.integers(0, 25), min_size=1, max_size=80))
async def test_no_minute_ever_holds_more_than_the_limit_and_no_room_is_kept_from_anybody(
    limit: int, pauses: list[int]
) -> None:
    clock = StoppedClock()
    counters, limits, taken = MemoryCounters(clock), Limits(requests_per_minute=limit), list[float]()
    for pause in pauses:
        clock.advance(pause)
        now = clock.monotonic()
        try:
            (await counters.take(1, limits, 0)).end(0)
        except LimitReached as reached:
            # Refused only when the last 61 seconds are full, and it is true when it says to come back.
            assert len([at for at in taken if now - at < 61]) >= limit
            assert reached.retry_after is not None
            clock.advance(reached.retry_after)
            await counters.take(1, limits, 0)
            taken.append(clock.monotonic())
        else:
            taken.append(now)
    for end in taken:
        assert len([at for at in taken if end - 60 < at <= end]) <= limit
