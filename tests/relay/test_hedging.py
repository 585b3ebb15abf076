"""Hedging: who is silent for too long races with another target, and the caller gets whoever speaks first."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import Hedge
from aigne_hub.catalog.limits import ProviderLimits
from aigne_hub.catalog.routes.entries import Aim, RouteDraft, TierDraft
from aigne_hub.relay import latency
from aigne_hub.usage.records import AttemptRecord, Status
from tests.relay.two_targets import ERROR, PLAIN, STREAM, by_request, last
from tests.running import RunningHub
from tests.upstream import Asked, Script, Upstream, whole

pytestmark = pytest.mark.anyio

WELL = latency.LEAST_SEEN


class Held:
    """A provider that keeps its words back until it is let go, and that notices a hang-up."""

    def __init__(self, then: Script = by_request) -> None:
        self.go, self.is_left = asyncio.Event(), asyncio.Event()
        self._then = then

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        while not (self.go.is_set() or asked.is_left()):
            await asyncio.sleep(0.005)
        if asked.is_left():
            self.is_left.set()
            raise ConnectionResetError("the hub hung up")
        await self._then(asked, writer)


async def hedge_m(hub: RunningHub, hedge: Hedge | None) -> None:
    """`up` and then `up2`, each in a tier of its own, behind the name m."""
    draft = RouteDraft((TierDraft((Aim("up/m"),)), TierDraft((Aim("up2/m"),))), hedge)
    async with hub.house.database.write() as conn:
        await hub.house.routes.put(conn, SYSTEM, "m", draft)
    await hub.catch_up()


async def limit(hub: RunningHub, name: str, **limits: Any) -> None:
    async with hub.house.database.write() as conn:
        provider = next(one for one in await catalog_store.list_providers(conn) if one.name == name)
        await hub.house.providers.change_provider(conn, SYSTEM, provider.id, limits=ProviderLimits(retries=0, **limits))
    await hub.catch_up()


async def learn(hub: RunningHub, body: dict[str, Any], count: int = WELL) -> None:
    for _ in range(count):
        assert (await hub.ask(body)).status_code == 200


async def hedged(hub: RunningHub, upstream: Upstream, script: Script, body: dict[str, Any]) -> httpx.Response:
    """A call of a route that has learned how soon `up` speaks, where it does not any more."""
    await hedge_m(hub, Hedge(0.95, 0.5))
    await learn(hub, body)
    upstream.script = script
    return await hub.ask(body)


def outcomes(attempts: list[AttemptRecord]) -> list[tuple[int, str, int | None]]:
    return [(one.number, one.outcome, one.status) for one in attempts]


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_the_next_target_answers_when_the_first_is_silent_for_longer_than_ever(
    two: RunningHub, upstream: Upstream, second: Upstream, body: dict[str, Any]
) -> None:
    upstream.script = by_request
    held = Held()
    answer = await hedged(two, upstream, held, body)
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up2", "2")
    call, attempts = await last(two, WELL + 1)
    assert outcomes(attempts) == [(1, "lost", None), (2, "ok", 200)]
    assert [one.provider_id == two.provider.id for one in attempts] == [True, False]
    assert attempts[0].started_ms <= attempts[1].started_ms
    assert (call.status, call.usage.output, call.provider_id) == (Status.success, 3, attempts[1].provider_id)
    await asyncio.wait_for(held.is_left.wait(), 10)
    assert (len(upstream.asked), len(second.asked)) == (WELL + 1, 1)


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_the_first_target_answers_after_all_and_the_next_is_left(
    two: RunningHub, upstream: Upstream, second: Upstream, body: dict[str, Any]
) -> None:
    upstream.script = by_request
    first, beside = Held(), Held()

    async def let_the_first_go(asked: Asked, writer: asyncio.StreamWriter) -> None:
        first.go.set()
        await beside(asked, writer)

    second.script = let_the_first_go
    answer = await hedged(two, upstream, first, body)
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up", "2")
    call, attempts = await last(two, WELL + 1)
    assert outcomes(attempts) == [(1, "lost", None), (2, "ok", 200)]
    assert call.provider_id == attempts[1].provider_id == two.provider.id != attempts[0].provider_id
    await asyncio.wait_for(beside.is_left.wait(), 10)


async def test_no_more_calls_are_hedged_than_may_be(two: RunningHub, upstream: Upstream, second: Upstream) -> None:
    upstream.script = by_request
    await hedge_m(two, Hedge(0.95, 0.05))
    await learn(two, PLAIN)  # 20 calls, which earn one hedge

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        await by_request(asked, writer)

    upstream.script = Held()
    assert (await two.ask(PLAIN)).headers["x-hub-provider"] == "up2"
    upstream.script = slow
    for _ in range(3):
        answer = await two.ask(PLAIN)
        assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up", "1")
    assert len(second.asked) == 1


async def test_without_a_hedge_the_first_target_is_waited_for(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    await hedge_m(two, None)
    upstream.script = by_request
    await learn(two, PLAIN, WELL)

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        await by_request(asked, writer)

    upstream.script = slow
    assert (await two.ask(PLAIN)).headers["x-hub-provider"] == "up"
    assert not second.asked


async def test_when_both_fail_the_most_telling_is_told(two: RunningHub, upstream: Upstream, second: Upstream) -> None:
    upstream.script = by_request
    first = Held(whole(ERROR, 503))

    async def refuse(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await whole(ERROR, 429, {"retry-after": "7"})(asked, writer)
        first.go.set()

    second.script = refuse
    answer = await hedged(two, upstream, first, PLAIN)
    assert (answer.status_code, answer.headers["retry-after"], answer.headers["x-hub-attempts"]) == (429, "7", "2")
    call, attempts = await last(two, WELL + 1)
    assert [(one.outcome, one.status) for one in sorted(attempts, key=lambda one: one.outcome)] == [
        ("overloaded", 503),
        ("throttled", 429),
    ]
    assert call.status is Status.failed


async def test_the_first_one_fails_and_the_next_is_already_on_its_way(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    upstream.script = by_request
    first = Held(whole(ERROR, 503))

    async def later(asked: Asked, writer: asyncio.StreamWriter) -> None:
        first.go.set()
        await asyncio.sleep(0.3)  # in which the failure arrives
        await by_request(asked, writer)

    second.script = later
    answer = await hedged(two, upstream, first, STREAM)
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up2", "2")
    _, attempts = await last(two, WELL + 1)
    assert outcomes(attempts) == [(1, "overloaded", 503), (2, "ok", 200)]
    assert len(second.asked) == 1


async def test_what_ends_the_call_for_good_ends_the_other_too(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    upstream.script = by_request
    first, beside = Held(whole(ERROR, 400)), Held()

    async def let_the_first_go(asked: Asked, writer: asyncio.StreamWriter) -> None:
        first.go.set()
        await beside(asked, writer)

    second.script = let_the_first_go
    answer = await hedged(two, upstream, first, PLAIN)
    assert answer.status_code == 400
    await asyncio.wait_for(beside.is_left.wait(), 10)
    _, attempts = await last(two, WELL + 1)
    assert outcomes(attempts) == [(1, "lost", None), (2, "rejected", 400)]


async def test_who_lost_is_asked_again_when_who_spoke_first_has_said_nothing_good(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    upstream.script = by_request
    held = Held()

    async def silent_once(asked: Asked, writer: asyncio.StreamWriter) -> None:
        upstream.script = by_request
        await held(asked, writer)

    second.script = whole(b"<html>oops</html>")
    answer = await hedged(two, upstream, silent_once, PLAIN)
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up", "3")
    _, attempts = await last(two, WELL + 1)
    assert [one.outcome for one in attempts] == ["lost", "malformed", "ok"]


async def test_a_caller_who_leaves_leaves_both(two: RunningHub, upstream: Upstream, second: Upstream) -> None:
    for name in ("up", "up2"):
        await limit(two, name, first_byte_s=4.0)
    upstream.script = by_request
    await hedge_m(two, Hedge(0.95, 0.5))
    await learn(two, STREAM)
    first, beside, is_racing = Held(), Held(), asyncio.Event()

    async def noticed(asked: Asked, writer: asyncio.StreamWriter) -> None:
        is_racing.set()
        await beside(asked, writer)

    upstream.script, second.script = first, noticed
    asking = asyncio.ensure_future(two.ask(STREAM))
    await asyncio.wait_for(is_racing.wait(), 10)
    asking.cancel()
    for held in (first, beside):
        await asyncio.wait_for(held.is_left.wait(), 10)
    call, attempts = await last(two, WELL + 1)
    assert (call.status, call.error) == (Status.failed, "the caller hung up before the end")
    assert sorted(one.outcome for one in attempts) == ["cut", "lost"]


async def test_a_lost_attempt_gives_its_place_back(two: RunningHub, upstream: Upstream, second: Upstream) -> None:
    await limit(two, "up", concurrency=1, queue=0)
    upstream.script = by_request
    assert (await hedged(two, upstream, Held(), PLAIN)).headers["x-hub-provider"] == "up2"
    upstream.script = by_request
    assert (await two.ask({**PLAIN, "model": "up/m"})).status_code == 200


async def test_who_is_full_is_not_asked_as_well_and_stays_the_next(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    await limit(two, "up2", concurrency=1, queue=1)
    upstream.script = by_request
    busy = Held()
    second.script = busy
    taking = asyncio.ensure_future(two.ask({**PLAIN, "model": "up2/m"}))

    async def fail_late(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.4)
        busy.go.set()
        await whole(ERROR, 503)(asked, writer)

    answer = await hedged(two, upstream, fail_late, PLAIN)
    assert (await taking).status_code == 200
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up2", "2")
