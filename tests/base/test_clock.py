"""Tests of base/clock.py."""

from __future__ import annotations

import time

import pytest

from aigne_hub.base.clock import Clock, StoppedClock


def test_the_real_clock_tells_milliseconds_since_1970() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= Clock().now_ms() <= time.time_ns() // 1_000_000


def test_the_real_clock_never_runs_backwards() -> None:
    clock = Clock()
    assert clock.monotonic() <= clock.monotonic()


def test_a_stopped_clock_moves_only_when_it_is_moved() -> None:
    clock = StoppedClock(5_000)
    assert (clock.now_ms(), clock.monotonic()) == (5_000, 5.0)
    clock.advance(1.5)
    assert (clock.now_ms(), clock.monotonic()) == (6_500, 6.5)


@pytest.mark.anyio
async def test_a_stopped_clock_sleeps_for_itself_alone() -> None:
    clock, before = StoppedClock(0), time.monotonic()
    await clock.sleep(3600)
    assert clock.now_ms() == 3_600_000
    await Clock().sleep(0.001)
    assert time.monotonic() - before < 60
