"""The keeper of the tokenizer is tested here, with real children: start, death, hang, idleness, the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aigne_hub.base.clock import StoppedClock
from aigne_hub.tokenizer.keeper import IDLE_S, MOST_WAITING, NEXT_S, Tokenizer
from tests.tokenizer.processes import is_gone, tokenizers_of

pytestmark = pytest.mark.anyio

GREAT = "tiktoken is great!"

# A worker in a process of its own, with a socket that its children would inherit.
WORKER = """
import asyncio, os, socket
from aigne_hub.base.clock import Clock
from aigne_hub.base.logs import set_up
from aigne_hub.tokenizer.keeper import Tokenizer

async def main():
    listening = socket.create_server(("127.0.0.1", 0))
    os.set_inheritable(listening.fileno(), True)
    tokenizer = Tokenizer(Clock())  # let go of, it would let go of its child
    print(await tokenizer.count(["hi"]), flush=True)
    await asyncio.Event().wait()

set_up("error", as_json=True)
asyncio.run(main())
"""


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def tokenizer(clock: StoppedClock) -> AsyncIterator[Tokenizer]:
    made = Tokenizer(clock)
    try:
        yield made
    finally:
        made.close()


def children() -> list[int]:
    return tokenizers_of(os.getpid())


async def test_a_child_is_started_when_it_is_first_asked(tokenizer: Tokenizer) -> None:
    assert children() == []
    assert await tokenizer.count([GREAT, GREAT]) == 12
    (pid,) = children()
    assert await tokenizer.count([GREAT]) == 6
    assert children() == [pid]


async def test_many_who_wait_for_its_start_share_one_child(tokenizer: Tokenizer) -> None:
    counted = await asyncio.gather(*[tokenizer.count([GREAT]) for _ in range(MOST_WAITING)])
    assert counted == [6] * MOST_WAITING
    assert len(children()) == 1


async def test_no_more_wait_than_can_be_served(tokenizer: Tokenizer) -> None:
    counted = await asyncio.gather(*[tokenizer.count([GREAT]) for _ in range(MOST_WAITING + 5)])
    assert counted == [6] * MOST_WAITING + [None] * 5


async def test_a_killed_child_is_started_anew(tokenizer: Tokenizer, clock: StoppedClock) -> None:
    assert await tokenizer.count([GREAT]) == 6
    (pid,) = children()
    os.kill(pid, signal.SIGKILL)
    assert await is_gone(pid)
    assert await tokenizer.count([GREAT]) is None  # it was started just now, and may die of what it was asked
    clock.advance(1)
    assert await tokenizer.count([GREAT]) == 6
    assert children() != [pid]


async def test_who_waits_for_a_child_that_dies_is_told_at_once(tokenizer: Tokenizer) -> None:
    assert await tokenizer.count([GREAT]) == 6
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)
    waiting = asyncio.ensure_future(tokenizer.count([GREAT]))
    await asyncio.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    assert await waiting is None


async def test_nobody_waits_long_for_a_child_that_hangs(tokenizer: Tokenizer, clock: StoppedClock) -> None:
    assert await tokenizer.count([GREAT]) == 6
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)
    large = ["x y " * 100_000]  # more than a socket's buffer takes
    began = time.monotonic()
    assert await tokenizer.count(large) is None
    assert NEXT_S <= time.monotonic() - began < NEXT_S + 0.5
    began = time.monotonic()
    assert [await tokenizer.count([GREAT]) for _ in range(20)] == [None] * 20
    assert time.monotonic() - began < NEXT_S
    assert await is_gone(pid)  # it is killed when it has been silent for long
    clock.advance(1)
    assert await tokenizer.count([GREAT]) == 6


async def test_a_child_that_was_slow_is_asked_again(tokenizer: Tokenizer) -> None:
    assert await tokenizer.count([GREAT]) == 6
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)
    assert await tokenizer.count([GREAT]) is None
    os.kill(pid, signal.SIGCONT)
    async with asyncio.timeout(5):
        while await tokenizer.count([GREAT]) != 6:
            await asyncio.sleep(0.01)
    assert children() == [pid]


async def test_an_idle_child_ends_and_the_next_is_started_when_needed(
    tokenizer: Tokenizer, clock: StoppedClock
) -> None:
    await tokenizer.end_idle()
    assert await tokenizer.count([GREAT]) == 6
    clock.advance(IDLE_S - 1)
    await tokenizer.end_idle()
    assert len(children()) == 1
    assert await tokenizer.count([GREAT]) == 6
    clock.advance(IDLE_S - 1)
    await tokenizer.end_idle()
    assert len(children()) == 1
    clock.advance(1)
    await tokenizer.end_idle()
    assert children() == []
    assert await tokenizer.count([GREAT]) == 6


async def test_closing_ends_the_child_and_whoever_waits(clock: StoppedClock) -> None:
    tokenizer = Tokenizer(clock)
    assert await tokenizer.count([GREAT]) == 6
    (pid,) = children()
    os.kill(pid, signal.SIGSTOP)
    waiting = asyncio.ensure_future(tokenizer.count([GREAT]))
    await asyncio.sleep(0.02)
    tokenizer.close()
    assert await waiting is None
    assert await is_gone(pid)
    assert await tokenizer.count([GREAT]) is None
    Tokenizer(clock).close()  # one that was never asked


async def test_a_killed_worker_leaves_no_child_and_lends_it_nothing() -> None:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER), stdout=PIPE, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    try:
        assert worker.stdout is not None
        assert await asyncio.wait_for(worker.stdout.readline(), 20) == b"1\n"
        (pid,) = tokenizers_of(worker.pid)
        assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"]
    finally:
        worker.kill()
        await worker.wait()
    assert await is_gone(pid)


async def test_no_secret_reaches_the_child_and_no_text_the_log(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", "ab" * 32)
    with capture_logs() as logs:
        assert await tokenizer.count([GREAT]) == 6
        (pid,) = children()
        process = Path(f"/proc/{pid}")
        names = [one.partition(b"=")[0] for one in (process / "environ").read_bytes().split(b"\0") if one]
        os.kill(pid, signal.SIGKILL)
        await tokenizer.count([GREAT])
    assert names == [b"PYTHONPATH"]
    assert GREAT not in repr(logs)
    assert {one["event"] for one in logs} >= {"tokenizer started", "tokenizer ended"}


async def test_ctrl_c_is_for_the_hub(tokenizer: Tokenizer) -> None:
    assert await tokenizer.count([GREAT]) == 6
    (pid,) = children()
    assert os.getpgid(pid) == os.getsid(pid) == pid
