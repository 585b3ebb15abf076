"""A target that failed is tried again, once and after a pause: what may well pass, as long as the budget lasts."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.limits import NONE, ProviderLimits, TargetLimits, Trying
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.pairing import pair
from aigne_hub.relay.attempt import Attempt
from aigne_hub.relay.retrying import RetryBudget, Tried, retries_of
from aigne_hub.usage.records import Status
from tests.relay.test_next_target import gone_caller
from tests.relay.two_targets import ERROR, PLAIN, STREAM, attempts, by_request, reset
from tests.relay.worlds import target_of
from tests.running import RunningHub
from tests.upstream import Asked, Script, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

CALL = Call(Kind.chat, "m", b'{"model": "m", "messages": []}')


def tried(error: UpstreamFailed, *, credential: int = 1, retries: int | None = None) -> Tried:
    target = target_of(1, credential)
    if retries is not None:
        target = replace(target, limits=TargetLimits(Trying(retries=retries)))
    way = pair(OpenAIChat(is_hybrid=False), CALL, "m", ("openai_chat",), frozenset())
    return Tried(Attempt(target, CALL, way), error)


def failed(kind: Failure, retry_after: int | None = None) -> UpstreamFailed:
    return UpstreamFailed(kind, kind.value, retry_after=retry_after)


@pytest.mark.parametrize("kind", list(Failure))
def test_only_what_may_well_pass_is_tried_again(kind: Failure) -> None:
    passes = kind in (Failure.refused, Failure.broken, Failure.overloaded)
    assert len(list(retries_of([tried(failed(kind))]))) == passes


@pytest.mark.parametrize("kind", [Failure.throttled, Failure.overloaded])
@pytest.mark.parametrize(("asked_s", "is_tried"), [(1, True), (2, True), (3, False), (600, False)])
def test_a_short_wait_that_was_asked_for_is_kept(kind: Failure, asked_s: int, is_tried: bool) -> None:
    pauses = [one.pause_s for _ in range(50) for one in retries_of([tried(failed(kind, asked_s))])]
    assert bool(pauses) is is_tried
    assert all(asked_s <= pause <= asked_s + 0.25 for pause in pauses)


def test_pauses_grow_and_no_two_are_alike() -> None:
    for number, longest in ((1, 0.25), (2, 0.5), (3, 1.0)):
        tries = [tried(failed(Failure.broken), retries=4) for _ in range(number)]
        pauses = [next(retries_of(tries)).pause_s for _ in range(200)]
        assert 0 <= min(pauses) < longest / 2 < max(pauses) <= longest
        assert len(set(pauses)) > 100


@pytest.mark.parametrize(("retries", "most"), [(None, 1), (0, 0), (2, 2)])
def test_a_target_is_tried_as_often_as_was_said(retries: int | None, most: int) -> None:
    tries: list[Tried] = []
    for _ in range(5):
        tries.append(tried(failed(Failure.overloaded), retries=retries))
        if not list(retries_of(tries)):
            break
    assert len(tries) - 1 == most


def test_of_several_those_with_the_fewest_tries_go_first() -> None:
    one, other = (tried(failed(Failure.broken), credential=number, retries=3) for number in (1, 2))
    assert [retry.target for retry in retries_of([one, other, one])] == [other.attempt.target, one.attempt.target]


def test_the_budget_is_ten_a_minute_and_a_tenth_of_the_calls() -> None:
    clock = StoppedClock()
    budget, target, other = RetryBudget(clock), target_of(1, 1), target_of(2, 2)
    assert [budget.take(target) for _ in range(11)] == [True] * 10 + [False]
    assert budget.take(other)
    for _ in range(30):
        budget.note(target)
    assert [budget.take(target) for _ in range(4)] == [True] * 3 + [False]
    clock.advance(61)
    assert [budget.take(target) for _ in range(11)] == [True] * 10 + [False]


async def limit(hub: RunningHub, limits: ProviderLimits = NONE) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, limits=limits)
    await hub.catch_up()


def at_first(*faults: Script) -> Script:
    """A provider that is well after these."""
    left = iter(faults)

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await next(left, by_request)(asked, writer)

    return script


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "streamed"])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (whole(ERROR, 500), "overloaded"),
        (whole(ERROR, 529), "overloaded"),
        (reset, "broken"),
        (whole(ERROR, 429, {"retry-after": "1"}), "throttled"),
    ],
    ids=["500", "529", "reset", "429"],
)
async def test_what_passes_is_never_seen(
    hub: RunningHub, upstream: Upstream, fault: Script, outcome: str, body: dict[str, Any]
) -> None:
    await limit(hub)
    upstream.script = at_first(fault)
    answer = await hub.ask({**body, "model": "up/m"})
    assert (answer.status_code, answer.headers["x-hub-attempts"]) == (200, "2")
    assert "Hello" in answer.text or "Hel" in answer.text
    call = await hub.call()
    assert (call.status, call.usage.input) == (Status.success, 12)
    first, last = await attempts(hub)
    assert (first.outcome, last.outcome) == (outcome, "ok")
    assert first.credential_id == last.credential_id


@pytest.mark.parametrize(
    ("limits", "fault", "asked"),
    [
        (NONE, whole(ERROR, 500), 2),
        (ProviderLimits(retries=0), whole(ERROR, 500), 1),
        (ProviderLimits(retries=4), whole(ERROR, 500), 5),
        (NONE, whole(ERROR, 429), 1),
        (NONE, whole(ERROR, 429, {"retry-after": "30"}), 1),
        (NONE, whole(ERROR, 401), 1),
        (NONE, whole(ERROR, 404), 1),
        (NONE, whole(ERROR, 400), 1),
        (NONE, whole(b"<html>"), 1),
    ],
)
async def test_what_does_not_pass_is_told_soon(
    hub: RunningHub, upstream: Upstream, limits: ProviderLimits, fault: Script, asked: int
) -> None:
    await limit(hub, limits)
    upstream.script = fault
    answer = await hub.ask()
    assert (answer.status_code >= 400, answer.headers["x-hub-attempts"]) == (True, str(asked))
    assert len(upstream.asked) == asked
    assert len(await attempts(hub)) == asked


async def test_a_time_limit_is_not_waited_for_twice(hub: RunningHub, upstream: Upstream) -> None:
    await limit(hub, ProviderLimits(first_byte_s=0.3))
    let = asyncio.Event()

    async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await let.wait()

    upstream.script = hang
    answer = await hub.ask()
    let.set()
    assert (answer.status_code, len(upstream.asked)) == (504, 1)


async def test_the_next_target_goes_before_a_retry(two: RunningHub, upstream: Upstream, second: Upstream) -> None:
    await limit(two)
    upstream.script = whole(ERROR, 500)
    answer = await two.ask(PLAIN)
    assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up2", "2")
    assert len(upstream.asked) == 1


async def test_when_all_have_failed_the_first_is_tried_again(
    two: RunningHub, upstream: Upstream, second: Upstream
) -> None:
    await limit(two)
    upstream.script, second.script = at_first(whole(ERROR, 500)), whole(ERROR, 401)
    answer = await two.ask(PLAIN)
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up", "3")
    assert [one.outcome for one in await attempts(two)] == ["overloaded", "credential", "ok"]


async def test_after_the_first_event_nothing_is_tried_again(hub: RunningHub, upstream: Upstream) -> None:
    await limit(hub)
    upstream.script = streamed(events_of(chunks_of(["Hel"]), done=False)[:2], ends=False)
    answer = await hub.ask({**STREAM, "model": "up/m"})
    assert "upstream_broken" in answer.text
    assert len(upstream.asked) == 1


async def test_for_a_caller_who_has_gone_nothing_is_tried_again(hub: RunningHub, upstream: Upstream) -> None:
    await limit(hub)
    async with gone_caller(hub, upstream, {**PLAIN, "model": "up/m"}) as fail:
        fail.set()
        call = await hub.call()
    assert call.status is Status.failed
    assert len(upstream.asked) == 1


async def test_an_outage_is_not_multiplied(hub: RunningHub, upstream: Upstream) -> None:
    """Each call of a model of its own, so that no circuit opens."""
    await limit(hub)
    upstream.script = whole(ERROR, 500)
    for number in range(20):
        assert (await hub.ask({**PLAIN, "model": f"up/m{number}"})).status_code == 502
    asked = [len(list(group)) for _, group in itertools.groupby(upstream.asked, key=lambda one: one.json["model"])]
    assert asked[:10] == [2] * 10
    assert sum(asked) == 20 + 10 + 2  # ten in any case, and one for each ten calls
