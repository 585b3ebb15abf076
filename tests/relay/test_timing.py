"""Where the time of a call goes: callers are told by `Server-Timing`, where an operator wants them to be."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.relay.timing import Timing
from tests.databases import fresh_sqlite
from tests.relay.test_hedging import WELL, Held, hedged
from tests.relay.two_targets import ERROR, PLAIN, STREAM, add, by_request, reset
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Asked, Script, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

SLOW_S = 0.15
LEAST_MS = SLOW_S * 1000 - 5  # a loop's timers are exact to some milliseconds
ENTRIES = ["access", "plan", "connect", "first_byte", "total"]
WELL_FORMED = re.compile(r"[a-z_]+;dur=\d+(\.\d{1,3})?(, [a-z_]+;dur=\d+(\.\d{1,3})?)*")


def read(header: str | bytes | None) -> dict[str, float]:
    """The entries of a header, in milliseconds."""
    assert header is not None
    text = header.decode() if isinstance(header, bytes) else header
    assert WELL_FORMED.fullmatch(text)
    return {name: float(duration) for name, duration in (one.split(";dur=") for one in text.split(", "))}


def told(answer: httpx.Response) -> dict[str, float]:
    """What an answer tells: its parts are no more than the whole, and what all attempts that failed had is in them."""
    found = read(answer.headers["server-timing"])
    parts = [name for name in found if name != "total"]
    if answer.status_code >= 400 and "attempts" in found:
        parts = [name for name in parts if name not in ("connect", "first_byte")]
    assert sum(found[name] for name in parts) <= found["total"] + 0.01
    return found


def slowly(then: Script) -> Script:
    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(SLOW_S)
        await then(asked, writer)

    return script


@pytest.fixture
async def telling(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A hub that tells."""
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, server_timing=True)
    async with running_hub(settings, upstream) as running:
        upstream.script = by_request
        yield running


def test_each_phase_has_its_own_time_and_no_more_than_three_decimals() -> None:
    clock = StoppedClock()
    timing = Timing(clock.monotonic)
    assert timing.header() is None
    clock.advance(0.001)
    timing.read()
    clock.advance(0.002)
    leg = timing.leg()
    leg.begin()
    clock.advance(0.003)  # for a token, say
    leg.dial()
    clock.advance(0.004)
    leg.send()
    clock.advance(1.5)
    leg.hear()
    leg.tell()
    clock.advance(0.005)
    expected = {"access": 1, "plan": 2, "connect": 4, "first_byte": 1500, "total": 1515}
    assert read(timing.header()) == pytest.approx(expected, abs=0.01)
    assert list(expected) == ENTRIES


def test_what_came_before_the_attempt_that_answered_is_told_in_one() -> None:
    clock = StoppedClock()
    timing = Timing(clock.monotonic)
    timing.read()
    first, second = timing.leg(), timing.leg()
    first.begin()
    clock.advance(0.3)
    first.fail()
    clock.advance(0.1)  # a pause
    second.begin()
    second.dial()
    second.send()
    clock.advance(0.02)
    second.hear()
    second.tell()
    expected = {"access": 0, "plan": 0, "attempts": 400, "connect": 0, "first_byte": 20, "total": 420}
    assert read(timing.header()) == pytest.approx(expected, abs=0.01)
    clock.advance(0.01)
    second.fail()
    assert read(timing.header()) == pytest.approx(expected | {"attempts": 430, "total": 430}, abs=0.01)


def test_what_is_not_known_is_not_told() -> None:
    clock = StoppedClock()
    timing = Timing(clock.monotonic)
    timing.read()
    assert list(read(timing.header())) == ["access", "total"]
    leg = timing.only_leg()
    assert list(read(timing.header())) == ["access", "total"]
    leg.begin()
    leg.dial()
    leg.fail()
    assert list(read(timing.header())) == ["access", "plan", "attempts", "total"]


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_an_answer_tells_how_long_its_provider_took_and_the_hub(
    telling: RunningHub, upstream: Upstream, body: dict[str, Any]
) -> None:
    upstream.script = slowly(by_request)
    answers = [told(await telling.ask(body)) for _ in range(4)]
    for found in answers:
        assert list(found) == ENTRIES
        assert found["total"] >= found["first_byte"] >= LEAST_MS
    assert answers[0]["connect"] > 0.05  # there was none
    assert min(one["connect"] for one in answers[1:]) < 1  # it was kept
    assert min(one["access"] + one["plan"] for one in answers) < LEAST_MS


async def test_a_stream_tells_when_its_first_event_came_not_its_head(telling: RunningHub, upstream: Upstream) -> None:
    async def think(number: int) -> None:
        await asyncio.sleep(SLOW_S if number == 0 else 0)

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=think)
    found = told(await telling.ask(STREAM))
    assert found["total"] >= found["first_byte"] >= LEAST_MS


async def test_a_stream_begun_in_silence_has_no_first_byte_yet(
    telling: RunningHub, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigne_hub.relay.silence.LOOK_S", 0.02)

    async def think(number: int) -> None:
        await asyncio.sleep(0.5 if number == 0 else 0)

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=think)
    found = told(await telling.ask(STREAM))
    assert list(found) == ["access", "plan", "connect", "total"]
    assert found["total"] < 500


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_a_call_that_failed_over_tells_of_who_answered_and_the_rest(
    telling: RunningHub, upstream: Upstream, second: Upstream, body: dict[str, Any]
) -> None:
    await add(telling, "up2", second)
    upstream.script, second.script = slowly(whole(ERROR, 500)), slowly(by_request)
    answer = await telling.ask(body)
    assert (answer.status_code, answer.headers["x-hub-attempts"]) == (200, "2")
    found = told(answer)
    assert list(found) == ["access", "plan", "attempts", "connect", "first_byte", "total"]
    assert found["attempts"] >= LEAST_MS <= found["first_byte"]
    assert found["total"] >= 2 * LEAST_MS


async def test_a_hedge_that_won_tells_of_itself(telling: RunningHub, upstream: Upstream, second: Upstream) -> None:
    await add(telling, "up2", second)
    held = Held()
    answer = await hedged(telling, upstream, held, PLAIN)
    assert answer.headers["x-hub-provider"] == "up2"
    assert list(told(answer)) == ["access", "plan", "attempts", "connect", "first_byte", "total"]
    await asyncio.wait_for(held.is_left.wait(), 10)
    assert len(second.asked) == 1 < WELL


@pytest.mark.parametrize(
    ("script", "known"),
    [
        (slowly(whole(ERROR, 500)), ["access", "plan", "attempts", "connect", "first_byte", "total"]),
        (slowly(reset), ["access", "plan", "attempts", "connect", "total"]),
    ],
    ids=["500", "reset"],
)
@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_an_error_tells_what_is_known(
    telling: RunningHub, upstream: Upstream, script: Script, known: list[str], body: dict[str, Any]
) -> None:
    upstream.script = script
    answer = await telling.ask(body)
    assert answer.status_code == 502
    found = told(answer)
    assert list(found) == known
    assert found["total"] >= found["attempts"] >= LEAST_MS


async def test_who_takes_no_connection_was_never_connected(telling: RunningHub, upstream: Upstream) -> None:
    async with telling.house.database.write() as conn:
        base_url = "http://127.0.0.1:1/v1"  # nobody listens there
        await telling.house.providers.change_provider(conn, SYSTEM, telling.provider.id, base_url=base_url)
    await telling.catch_up()
    answer = await telling.ask()
    assert answer.status_code == 502
    assert list(told(answer)) == ["access", "plan", "attempts", "total"]


async def test_a_count_of_tokens_tells_too(telling: RunningHub, upstream: Upstream) -> None:
    path = "/v1/messages/count_tokens"
    assert list(told(await telling.ask(path=path))) == ["access", "total"]  # the hub counts, and asks nobody
    async with telling.house.database.write() as conn:
        await telling.house.providers.change_provider(
            conn, SYSTEM, telling.provider.id, dialects=("anthropic_messages",)
        )
    await telling.catch_up()
    upstream.script = whole({"input_tokens": 14})
    assert list(told(await telling.ask(path=path))) == ENTRIES
    upstream.script = whole(ERROR, 500)
    assert list(told(await telling.ask(path=path))) == ["access", "plan", "attempts", *ENTRIES[2:]]


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_an_answer_that_is_given_again_tells_of_itself(telling: RunningHub, body: dict[str, Any]) -> None:
    first, again = [await telling.ask(body, **{"idempotency-key": "k"}) for _ in range(2)]
    assert list(told(first)) == ENTRIES
    assert again.headers["idempotent-replayed"] == "true"
    assert list(told(again)) == ["access", "total"]


async def test_pages_of_other_sites_may_read_it(telling: RunningHub) -> None:
    assert "server-timing" in (await telling.ask()).headers["access-control-expose-headers"]


async def test_who_is_not_known_is_told_nothing(telling: RunningHub) -> None:
    for headers in ({"authorization": "Bearer nobody"}, {}):
        answer = await telling.http.post("/v1/chat/completions", json=PLAIN, headers=headers)
        assert (answer.status_code, "server-timing" in answer.headers) == (401, False)


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_nobody_is_told_unless_the_operator_wants_it(
    hub: RunningHub, upstream: Upstream, body: dict[str, Any]
) -> None:
    for script, status in ((by_request, 200), (whole(ERROR, 500), 502)):
        upstream.script = script
        answer = await hub.ask(body)
        assert (answer.status_code, "server-timing" in answer.headers) == (status, False)
