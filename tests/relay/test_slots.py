"""How many calls run at once where an operator said so, and who waits: never too many, and none is forgotten."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Unavailable
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import ProviderId, Target
from aigne_hub.catalog.limits import NONE, ProviderLimits, TargetLimits, Trying
from aigne_hub.edge.wire import AsgiReply, Message
from aigne_hub.relay.slots import Slot, Slots
from aigne_hub.usage.records import Status
from tests.relay.two_targets import ERROR, PLAIN, STREAM, by_request
from tests.relay.worlds import target_of
from tests.running import RunningHub
from tests.upstream import Asked, Script, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio


class Line:
    """A caller's side; `hang_up` ends it."""

    def __init__(self) -> None:
        self._gone = asyncio.Event()
        self.reply = AsgiReply(self._receive, self._send, "r")

    def hang_up(self) -> None:
        self._gone.set()

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, _message: Message) -> None:
        return None


def limited(
    at: int | None, with_: int | None = None, *, credential: int = 1, queue: int = 100, queue_s: float = 10.0
) -> Target:
    return replace(target_of(1, credential), limits=TargetLimits(Trying(), at, with_, queue, queue_s))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.005)


def taken(slots: Slots, target: Target) -> Slot:
    slot = slots.take(target)
    assert slot is not None
    return slot


async def test_no_more_run_at_once_than_may_and_a_slot_ends_once() -> None:
    slots, target = Slots(Deadlines()), limited(2)
    first, _ = taken(slots, target), taken(slots, target)
    assert slots.take(target) is None
    first.end()
    first.end()
    assert slots.running == 1
    taken(slots, target)
    assert slots.take(target) is None


async def test_a_credential_has_a_limit_beside_its_provider() -> None:
    slots = Slots(Deadlines())
    one, other = limited(3, 1), limited(3, 2, credential=2)
    taken(slots, one)
    assert slots.take(one) is None
    taken(slots, other), taken(slots, other)
    assert slots.take(other) is None
    assert slots.running == 3


async def test_who_waits_longest_is_served_first_and_nobody_passes() -> None:
    slots, target, served = Slots(Deadlines()), limited(1), list[int]()
    held = taken(slots, target)

    async def call(number: int) -> None:
        slot = await slots.wait([target], Line().reply)
        served.append(number)
        slot.end()

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(call(number))
        await until(lambda: slots.waiting == 5)
        held.end()
        assert slots.take(target) is None  # the slot is the first one's already, who has not even woken up
    assert served == [0, 1, 2, 3, 4]
    assert (slots.running, slots.waiting) == (0, 0)


async def test_a_waiter_takes_the_first_slot_among_its_targets() -> None:
    slots = Slots(Deadlines())
    here = limited(1)
    there = replace(limited(1, credential=2), provider=replace(here.provider, id=ProviderId(9)))
    taken(slots, here)
    held = taken(slots, there)
    waiting = asyncio.ensure_future(slots.wait([here, there], Line().reply))
    await until(lambda: slots.waiting == 1)
    held.end()
    assert (await waiting).target is there
    assert slots.waiting == 0


async def test_a_slot_that_is_free_by_now_is_not_waited_for() -> None:
    slots, target = Slots(Deadlines()), limited(1, queue=0)
    assert (await slots.wait([target], Line().reply)).target is target


async def test_no_more_wait_than_may() -> None:
    slots, target = Slots(Deadlines()), limited(1, queue=1)
    held = taken(slots, target)
    waiting = asyncio.ensure_future(slots.wait([target], Line().reply))
    await until(lambda: slots.waiting == 1)
    with pytest.raises(Unavailable, match="no more may wait") as refused:
        await slots.wait([target], Line().reply)
    assert (refused.value.code, refused.value.status, refused.value.retry_after) == ("busy", 503, 5)
    held.end()
    (await waiting).end()


async def test_nobody_waits_longer_than_may_be() -> None:
    slots, target = Slots(Deadlines()), limited(1, queue_s=0.1)
    taken(slots, target)
    with pytest.raises(Unavailable, match=r"none ended within 0\.1 s"):
        await slots.wait([target], Line().reply)
    assert slots.waiting == 0


async def test_a_caller_who_hangs_up_leaves_the_queue() -> None:
    slots, target, caller = Slots(Deadlines()), limited(1), Line()
    held = taken(slots, target)
    waiting = asyncio.ensure_future(slots.wait([target], caller.reply))
    await until(lambda: slots.waiting == 1)
    caller.hang_up()
    with pytest.raises(Unavailable):
        await waiting
    assert slots.waiting == 0
    held.end()
    taken(slots, target)


async def test_a_call_that_is_cancelled_with_its_slot_in_the_hand_gives_it_back() -> None:
    slots, target = Slots(Deadlines()), limited(1)
    held = taken(slots, target)
    waiting = asyncio.ensure_future(slots.wait([target], Line().reply))
    await until(lambda: slots.waiting == 1)
    held.end()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    assert (slots.running, slots.waiting) == (0, 0)


@pytest.mark.parametrize("seed", range(5))
async def test_at_random_no_limit_is_passed_and_no_slot_is_lost(seed: int) -> None:
    dice, slots, most = random.Random(seed), Slots(Deadlines()), 0
    targets = [limited(3, 2, credential=number, queue=40) for number in (1, 2, 3)]

    async def call() -> None:
        nonlocal most
        mine = dice.sample(targets, dice.randint(1, 3))
        slot = next(filter(None, map(slots.take, mine)), None)
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(dice.choice((0.005, 10))):
                slot = slot or await slots.wait(mine, Line().reply)
                most = max(most, slots.running)
                await asyncio.sleep(dice.choice((0, 0.001, 0.004)))
        if slot is not None:
            slot.end()

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for _ in range(200):
            group.create_task(call())
    assert most == 3
    assert (slots.running, slots.waiting) == (0, 0)


async def limit(hub: RunningHub, limits: ProviderLimits = NONE, *, concurrency: int = 0) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, limits=limits)
        (credential,) = [one for one in await store.list_credentials(conn) if one.provider_id == hub.provider.id]
        await hub.house.providers.change_credential(
            conn, SYSTEM, hub.provider.id, credential.id, concurrency=concurrency
        )
    await hub.catch_up()


class Gate:
    """A provider that answers when it is let; `most` is how many it had at once."""

    def __init__(self, then: Script = by_request) -> None:
        self.is_open = asyncio.Event()
        self.running = self.most = 0
        self._then = then

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.is_open.wait()
            await self._then(asked, writer)
        finally:
            self.running -= 1


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
@pytest.mark.parametrize("of", ["provider", "credential"])
async def test_calls_wait_for_their_turn_and_all_are_answered(
    hub: RunningHub, upstream: Upstream, of: str, body: dict[str, object]
) -> None:
    if of == "provider":
        await limit(hub, ProviderLimits(concurrency=2, queue=6))
    else:
        await limit(hub, concurrency=2)
    upstream.script = gate = Gate()
    asking = [asyncio.ensure_future(hub.ask({**body, "model": "up/m"})) for _ in range(4)]
    await until(lambda: gate.running == 2)
    gate.is_open.set()
    answers = await asyncio.gather(*asking)
    assert [one.status_code for one in answers] == [200] * 4
    assert all(one.headers["x-hub-attempts"] == "1" for one in answers)
    assert gate.most == 2


async def test_where_one_is_busy_the_next_target_is_asked_and_nothing_is_held_against_the_first(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    await limit(two, ProviderLimits(concurrency=1))
    upstream.script = gate = Gate()
    held = asyncio.ensure_future(two.ask({**PLAIN, "model": "up/m"}))
    await until(lambda: gate.running == 1)
    answers = [await two.ask(PLAIN) for _ in range(4)]
    assert [one.headers["x-hub-provider"] for one in answers] == ["up2"] * 4
    assert [one.headers["x-hub-attempts"] for one in answers] == ["1"] * 4
    gate.is_open.set()
    assert (await held).status_code == 200
    assert {(await two.ask(PLAIN)).headers["x-hub-provider"] for _ in range(2)} == {"up", "up2"}


@pytest.mark.parametrize(
    ("path", "body", "type_"),
    [
        ("/v1/chat/completions", {**PLAIN, "model": "up/m"}, "server_error"),
        ("/v1/messages", {**PLAIN, "model": "up/m", "max_tokens": 9}, "overloaded_error"),
    ],
)
async def test_who_may_not_wait_is_told_to_come_back_in_its_own_dialect(
    hub: RunningHub, upstream: Upstream, path: str, body: dict[str, object], type_: str
) -> None:
    await limit(hub, ProviderLimits(concurrency=1, queue=0))
    upstream.script = gate = Gate()
    held = asyncio.ensure_future(hub.ask({**PLAIN, "model": "up/m"}))
    await until(lambda: gate.running == 1)
    refused = await hub.ask(body, path=path)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "as many calls run at up as may at once" in refused.json()["error"]["message"]
    assert (refused.json()["error"]["type"], refused.json()["error"]["code"]) == (type_, "busy")
    gate.is_open.set()
    assert (await held).status_code == 200
    assert (await hub.call()).status is Status.success  # the one that was refused was no call of any provider


async def test_a_slot_is_given_back_whatever_becomes_of_the_call(hub: RunningHub, upstream: Upstream) -> None:
    await limit(hub, ProviderLimits(concurrency=1, queue=0, retries=0))
    broken = streamed(events_of(chunks_of(["Hel", "lo"]))[:2], ends=False)
    for script in (broken, whole(ERROR, 400), whole(b"no json"), whole(ERROR, 500)):
        upstream.script = script
        await hub.ask({**STREAM, "model": "up/m"})
    let = asyncio.Event()

    async def between(number: int) -> None:
        if number > 1:
            await let.wait()

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=between)
    async with hub.http.stream("POST", "/v1/chat/completions", json={**STREAM, "model": "up/m"}, headers=hub.bearer()):
        assert (await hub.ask({**PLAIN, "model": "up/m"})).json()["error"]["code"] == "busy"
    # hung up: the rest is read on for a second, and then the slot is free again
    upstream.script = by_request
    async with asyncio.timeout(10):
        while (await hub.ask({**PLAIN, "model": "up/m"})).status_code != 200:
            await asyncio.sleep(0.02)
    let.set()
