"""Tests of base/deadlines.py."""

import asyncio
import time

import anyio
import pytest

from aigne_hub.base.deadlines import LONGEST_STEP_S, RESOLUTION_S, Deadlines

pytestmark = pytest.mark.anyio


async def test_a_limit_fires_once_and_never_early() -> None:
    deadlines, fired, done = Deadlines(), [], anyio.Event()
    loop = asyncio.get_running_loop()
    began = loop.time()

    def expire() -> None:
        fired.append(loop.time() - began)
        done.set()

    deadlines.set(0.15, expire)
    with anyio.fail_after(5):
        await done.wait()
    assert len(fired) == 1
    assert fired[0] >= 0.15
    assert len(deadlines) == 0


async def test_time_in_which_the_process_stood_still_does_not_count() -> None:
    deadlines, fired, done = Deadlines(), [], anyio.Event()
    loop = asyncio.get_running_loop()
    began = loop.time()

    def expire() -> None:
        fired.append(loop.time() - began)
        done.set()

    deadlines.set(2 * LONGEST_STEP_S, expire)
    time.sleep(4 * LONGEST_STEP_S)  # noqa: ASYNC251 - nothing may run in the loop meanwhile
    deadlines.set(0, lambda: None)
    for _ in range(10):
        await asyncio.sleep(0)  # the look that is overdue
    assert fired == []
    with anyio.fail_after(5):
        await done.wait()
    assert fired[0] >= 4 * LONGEST_STEP_S + RESOLUTION_S


async def test_a_dropped_limit_does_not_fire() -> None:
    deadlines, fired, done = Deadlines(), [], anyio.Event()
    ticket = deadlines.set(0, lambda: fired.append("dropped"))
    deadlines.set(RESOLUTION_S, done.set)
    deadlines.drop(ticket)
    deadlines.drop(ticket)
    with anyio.fail_after(5):
        await done.wait()
    assert fired == []


async def test_a_limit_may_drop_another_of_the_same_moment() -> None:
    deadlines, fired, done = Deadlines(), [], anyio.Event()
    tickets: list[int] = []

    def first() -> None:
        fired.append("first")
        deadlines.drop(tickets[0])
        deadlines.set(0, done.set)

    deadlines.set(0, first)
    tickets.append(deadlines.set(0, lambda: fired.append("second")))
    with anyio.fail_after(5):
        await done.wait()
    assert fired == ["first"]


async def test_limits_fire_by_time_and_work_again_after_a_pause() -> None:
    deadlines = Deadlines()
    for _ in range(2):
        done = anyio.Event()
        deadlines.set(60, lambda: None)
        deadlines.set(0, done.set)
        with anyio.fail_after(5):
            await done.wait()
    assert len(deadlines) == 2
