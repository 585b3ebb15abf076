"""One answer and those who follow it, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from aigne_hub.base.errors import BadRequest, HubError, Unavailable
from aigne_hub.claims.store import State
from aigne_hub.relay.shared import LARGEST_KEPT, Budget, Shared

pytestmark = pytest.mark.anyio

EVENT = b"data: %d\n\n"


class Caller:
    """Follows an answer; takes nothing while it is held."""

    def __init__(self) -> None:
        self.got = b""
        self.told: dict[bytes, str] = {}
        self.has_started = self.is_gone = self.is_done = False
        self.takes = asyncio.Event()
        self.takes.set()
        self._acts: list[Callable[[], None]] = []

    def hang_up(self) -> None:
        self.is_gone = True
        for act in self._acts:
            act()

    def tell(self, name: bytes, value: str) -> None:
        self.told[name] = value

    async def whole(self, body: bytes, content_type: bytes | None = None) -> None:
        self.got, self.is_done = body, True

    def watch(self) -> None: ...

    def when_gone(self, act: Callable[[], None]) -> None:
        self._acts.append(act)

    async def begin_whole(self) -> None:
        self.has_started = True

    async def begin(self) -> None:
        self.has_started = True

    def begin_soon(self) -> None: ...

    sent = 0

    def send_soon(self, events: bytes) -> None: ...

    async def send(self, events: bytes) -> None:
        await self.takes.wait()
        self.got += events

    async def finish(self, events: bytes) -> None:
        await self.takes.wait()
        self.got += events
        self.is_done = True


def cut(error: HubError) -> bytes:
    return b"data: %b\n\n" % error.code.encode()


def shared(budget: Budget | None = None) -> Shared:
    return Shared(5, b"r" * 32, budget or Budget())


async def follow(answer: Shared, caller: Caller, after: int = 0) -> None:
    await answer.follow(caller, cut, after=after, is_first=False)


async def test_who_is_slow_holds_up_nobody() -> None:
    answer, slow, quick = shared(), Caller(), Caller()
    slow.takes.clear()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(follow(answer, slow))
        group.create_task(follow(answer, quick))
        await answer.begin()
        for number in range(100):
            await answer.send(EVENT % number)
            await asyncio.sleep(0)
        await answer.finish(EVENT % 100)
        while not quick.is_done:
            await asyncio.sleep(0)
        assert not slow.got
        slow.takes.set()
    assert slow.got == quick.got
    assert quick.got.startswith(b"id: 1\ndata: 0\n\nid: 2\ndata: 1\n\n")
    assert quick.got.endswith(b"id: 101\ndata: 100\n\n")


async def test_an_answer_too_large_is_not_kept_and_who_is_too_slow_for_it_is_cut() -> None:
    budget = Budget()
    left = budget.left
    answer, slow, quick = shared(budget), Caller(), Caller()
    big = b"data: " + b"x" * (LARGEST_KEPT // 8) + b"\n\n"
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(follow(answer, slow))
        group.create_task(follow(answer, quick))
        await answer.begin()
        await answer.send(EVENT % 0)
        while not slow.got:
            await asyncio.sleep(0)
        slow.takes.clear()
        for _ in range(20):
            await answer.send(big)
            for _ in range(5):
                await asyncio.sleep(0)
        assert answer.content is None
        assert left - budget.left < LARGEST_KEPT // 2  # only the last of it is held
        await answer.finish(EVENT % 1)
        slow.takes.set()
    assert quick.got.count(b"id: ") == 22
    assert slow.got.endswith(b"data: too_slow\n\n")
    with pytest.raises(BadRequest):
        await follow(answer, Caller(), after=1)
    answer.free()
    assert budget.left == left


async def test_what_all_answers_together_hold_is_bounded() -> None:
    budget = Budget(100)
    one, other = shared(budget), shared(budget)
    await one.begin()
    await one.send(b"data: " + b"x" * 60 + b"\n\n")
    await other.begin()
    await other.send(b"data: " + b"x" * 60 + b"\n\n")
    assert one.content is not None and other.content is None
    one.free()
    other.free()
    assert budget.left == 100


async def test_who_hangs_up_while_waiting_waits_no_longer() -> None:
    answer, caller = shared(), Caller()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(follow(answer, caller))
        await asyncio.sleep(0)
        caller.hang_up()
    assert not caller.has_started


async def test_an_error_before_the_answer_is_every_followers() -> None:
    answer, caller = shared(), Caller()
    answer.tell(b"x-hub-attempts", "3")
    answer.fail(Unavailable("not now"))
    with pytest.raises(Unavailable, match="not now"):
        await follow(answer, caller)
    assert caller.told[b"x-hub-attempts"] == "3"


async def test_what_was_cut_is_told_as_cut() -> None:
    answer, caller = shared(), Caller()
    answer.load(State.cut, {}, None, b"id: 1\ndata: 0\n\n")
    await follow(answer, caller)
    assert caller.got == b"id: 1\ndata: 0\n\ndata: unavailable\n\n"


async def test_the_end_is_held_back_until_the_call_is_on_record() -> None:
    answer, caller = shared(), Caller()
    await answer.begin()
    await answer.send(EVENT % 0)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(follow(answer, caller))
        answer.last(EVENT % 1)
        assert answer.content == b"id: 1\ndata: 0\n\nid: 2\ndata: 1\n\n"
        for _ in range(5):
            await asyncio.sleep(0)
        assert caller.got == b"id: 1\ndata: 0\n\n"
        await answer.finish(b"")
    assert caller.got == answer.content


async def test_spaces_and_then_an_answer_are_one_answer() -> None:
    answer, caller = shared(), Caller()
    await answer.begin_whole()
    await answer.send(b" ")
    assert answer.state is State.late
    await answer.finish(b"{}")
    await follow(answer, caller)
    assert caller.got == b" {}"


async def test_a_sign_of_life_is_for_who_follows_just_then_and_no_part_of_the_answer() -> None:
    answer, now, later = shared(), Caller(), Caller()
    await answer.begin()
    following = asyncio.ensure_future(follow(answer, now))
    await answer.send(b"data: 1\n\n")
    await asyncio.sleep(0)
    answer.send_soon(b": alive\n\n")
    await asyncio.sleep(0)
    await answer.finish(b"data: 2\n\n")
    await following
    await follow(answer, later)
    assert now.got == b"id: 1\ndata: 1\n\n: alive\n\nid: 2\ndata: 2\n\n"
    assert later.got == b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n"
