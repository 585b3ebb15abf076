"""When a worker has too much to do, and when it is over."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.load import FEW_RUNNING, LOOK_S, MOST_RUNNING, Load

pytestmark = pytest.mark.anyio


async def looks(load: Load, clock: StoppedClock, *late_s: float) -> None:
    for late in late_s:
        clock.advance(LOOK_S + late)
        await load.look()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def load(clock: StoppedClock) -> Load:
    made = Load(clock)
    await made.look()
    return made


async def test_a_loop_that_is_late_again_and_again_is_too_much_until_it_has_caught_up(
    load: Load, clock: StoppedClock
) -> None:
    load.running = FEW_RUNNING + 1
    await looks(load, clock, 0, 0.2, 0.4)
    assert not load.is_too_much
    await looks(load, clock, *[2.0] * 4)
    assert load.is_too_much
    await looks(load, clock, 0.5)
    assert load.is_too_much  # better, and not well
    await looks(load, clock, *[0.0] * 6)
    assert not load.is_too_much


async def test_few_calls_are_not_what_makes_a_loop_late(load: Load, clock: StoppedClock) -> None:
    load.running = FEW_RUNNING
    await looks(load, clock, *[2.0] * 4)
    assert not load.is_too_much
    load.running += 1
    assert load.is_too_much


async def test_a_machine_that_slept_is_not_loaded(load: Load, clock: StoppedClock) -> None:
    load.running = FEW_RUNNING + 1
    await looks(load, clock, 36_000.0)
    assert not load.is_too_much


async def test_more_calls_than_may_run_are_too_much(load: Load) -> None:
    load.running = MOST_RUNNING
    assert not load.is_too_much
    load.running += 1
    assert load.is_too_much


def test_not_all_are_told_to_come_back_at_once() -> None:
    load = Load(StoppedClock())
    refusals = [load.refusal() for _ in range(8)]
    assert {(one.status, one.code) for one in refusals} == {(503, "overloaded")}
    assert sorted([one.retry_after or 0 for one in refusals]) == [1, 1, 2, 2, 3, 3, 4, 4]


async def test_it_is_said_once_when_it_begins_and_once_when_it_is_over(load: Load, clock: StoppedClock) -> None:
    with capture_logs() as logs:
        load.running = MOST_RUNNING + 1
        for _ in range(3):
            load.refusal()
            await looks(load, clock, 0)
        load.running = MOST_RUNNING  # one has ended, and another may come
        await looks(load, clock, 0, 0)
        assert len(logs) == 1
        load.running = 5
        await looks(load, clock, 0, 0)
    assert [(one["event"], one["refused"]) for one in logs] == [
        ("calls are refused: more to do than can be done", 1),
        ("calls are taken again", 3),
    ]
