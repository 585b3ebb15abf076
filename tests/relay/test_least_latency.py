"""`least_latency`: of two, who is sooner for what runs there; and what runs is counted until it has ended, however."""

from __future__ import annotations

import asyncio
import gc
import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.catalog.entries import Hedge, Strategy
from aigne_hub.catalog.routes.entries import Aim, RouteDraft, TierDraft
from aigne_hub.relay.affinity import Affinity
from aigne_hub.relay.latency import Latency, Running
from aigne_hub.relay.plan import Planner
from tests.databases import fresh_sqlite
from tests.relay.test_hedging import Held, hedged, limit
from tests.relay.test_plan import Sick
from tests.relay.test_probing import Silent, patient, shut
from tests.relay.test_tiers import ANY, lane, route_of
from tests.relay.two_targets import ERROR, PLAIN, STREAM, add, by_request, hang, reset
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Asked, Script, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio


@dataclass
class Traffic:
    """Calls of a route whose target number N says something after `takes[N - 1]` seconds, and has ended then."""

    takes: tuple[float, ...]
    seed: int = 7
    clock: StoppedClock = field(default_factory=StoppedClock)
    began: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.latency = Latency(self.clock)
        self.planner = Planner(Sick({}), self.latency, Affinity(self.clock), Random(self.seed))
        lanes = [lane(number) for number in range(1, len(self.takes) + 1)]
        self.route = route_of(lanes, strategy=Strategy.least_latency)
        self._order = 0
        self._ends: list[tuple[float, int, float, Running]] = []

    def call(self) -> None:
        target = self.planner.attempts(self.route, ANY)[0]
        takes_s = self.takes[target.provider.id - 1]
        self.began[target.provider.id] += 1
        self._order += 1
        ends_s = self.clock.monotonic() + takes_s
        heapq.heappush(self._ends, (ends_s, self._order, takes_s, self.latency.begin(target)))

    def wait(self, seconds: float) -> None:
        until_s = self.clock.monotonic() + seconds
        while self._ends and self._ends[0][0] <= until_s:
            ends_s, _, takes_s, running = heapq.heappop(self._ends)
            self.clock.advance(ends_s - self.clock.monotonic() + 0.0005)
            running.spoke(takes_s)
            running.end()
        self.clock.advance(max(until_s - self.clock.monotonic(), 0) + 0.0005)

    def run(self, calls: int, every_s: float) -> None:
        for _ in range(calls):
            self.call()
            self.wait(every_s)

    def share(self, number: int) -> float:
        return self.began[number] / sum(self.began.values())


SEEDS = st.integers(0, 1000)
PACES = st.sampled_from((0.01, 0.1, 0.5, 2.0))  # from a hundred at once to one at a time


@given(SEEDS, PACES, st.integers(2, 5))
def test_equal_targets_share_evenly(seed: int, every_s: float, count: int) -> None:
    traffic = Traffic((1.0,) * count, seed)
    traffic.run(500, every_s)
    assert [traffic.share(number) for number in range(1, count + 1)] == pytest.approx([1 / count] * count, rel=0.25)
    traffic.wait(10)
    assert traffic.latency.running == 0


@given(SEEDS, PACES)
def test_who_takes_twice_as_long_gets_less_but_is_not_forgotten(seed: int, every_s: float) -> None:
    traffic = Traffic((1.0, 2.0), seed)
    traffic.run(500, every_s)
    assert 0 < traffic.share(2) < 0.45


@given(SEEDS)
def test_who_takes_twice_as_long_has_half_as_many_running_among_many(seed: int) -> None:
    traffic = Traffic((1.0, 2.0), seed)
    traffic.run(300, 0.01)
    fast, slow = [traffic.latency.running_at(one.pool.targets[0]) for one in traffic.route.tiers[0].lanes]
    assert fast / slow == pytest.approx(2.0, rel=0.1)


def _unknown(_traffic: Traffic) -> None:
    """Nobody has answered yet."""


def _known(traffic: Traffic) -> None:
    traffic.run(20, 2.0)


def _one_was_quiet(traffic: Traffic) -> None:
    """One answered an hour ago, the other one just now."""
    first, second = [one.pool.targets[0] for one in traffic.route.tiers[0].lanes]
    traffic.latency.note(first, 1.0)
    traffic.clock.advance(3600)
    traffic.latency.note(second, 1.0)


@pytest.mark.parametrize("before", [_unknown, _known, _one_was_quiet])
@given(SEEDS, st.integers(2, 300))
def test_a_burst_is_spread_before_any_of_it_is_answered(
    before: Callable[[Traffic], None], seed: int, count: int
) -> None:
    traffic = Traffic((1.0, 1.0), seed)
    before(traffic)
    traffic.began.clear()
    for _ in range(count):
        traffic.call()
    assert abs(traffic.began[1] - traffic.began[2]) <= 2
    assert traffic.latency.running == count


@given(SEEDS)
def test_who_hangs_gets_no_more_than_its_part_of_what_waits(seed: int) -> None:
    traffic = Traffic((1.0, 1.0), seed)
    traffic.run(20, 2.0)
    traffic.takes = (1.0, 10_000.0)
    traffic.began.clear()
    traffic.run(500, 0.1)
    assert traffic.share(2) < 0.2


@dataclass
class Count:
    """What runs by the hub's own count; the hub under test is in this process."""

    latencies: list[Latency]

    @property
    def running(self) -> int:
        return sum(one.running for one in self.latencies)

    async def is_zero_again(self) -> None:
        async with asyncio.timeout(10):
            while self.running:
                await asyncio.sleep(0.01)


@pytest.fixture
async def count(two: RunningHub, upstream: Upstream) -> Count:
    """`up` and then `up2`, each in a tier of its own whose strategy counts, behind the name m."""
    upstream.script = by_request
    await route_m(two)
    return counting()


def counting() -> Count:
    gc.collect()
    return Count([one for one in gc.get_objects() if isinstance(one, Latency)])


async def route_m(hub: RunningHub, hedge: Hedge | None = None) -> None:
    tiers = [TierDraft((Aim(aim),), Strategy.least_latency) for aim in ("up/m", "up2/m")]
    async with hub.house.database.write() as conn:
        await hub.house.routes.put(conn, SYSTEM, "m", RouteDraft(tuple(tiers), hedge))
    await hub.catch_up()


def seen(count: Count, counts: list[int], then: Script) -> Script:
    """A provider that notes how many run while it is asked."""

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        counts.append(count.running)
        await then(asked, writer)

    return script


ENDINGS: dict[str, tuple[Script, Script, int]] = {
    "answered": (by_request, by_request, 200),
    "failed over": (whole(ERROR, 503), by_request, 200),
    "timed out": (hang, by_request, 200),
    "failed": (whole(ERROR, 503), reset, 503),
    "refused": (whole(ERROR, 400), by_request, 400),
    "not an answer": (whole(b"<html>"), whole(b"<html>"), 502),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_a_call_is_counted_while_it_runs_and_not_after(
    two: RunningHub, upstream: Upstream, second: Upstream, count: Count, body: dict[str, Any], ending: str
) -> None:
    counts: list[int] = []
    first, other, status = ENDINGS[ending]
    upstream.script, second.script = seen(count, counts, first), seen(count, counts, other)
    assert (await two.ask(body)).status_code == status
    await count.is_zero_again()
    assert set(counts) == {1}


async def test_calls_of_other_names_and_strategies_are_not_counted(
    two: RunningHub, upstream: Upstream, count: Count
) -> None:
    counts: list[int] = []
    upstream.script = seen(count, counts, by_request)
    await two.ask({**PLAIN, "model": "up/m"})
    async with two.house.database.write() as conn:
        await two.house.routes.put(conn, SYSTEM, "m", RouteDraft((TierDraft((Aim("up/m"),)),)))
    await two.catch_up()
    await two.ask(PLAIN)
    assert counts == [0, 0]


async def test_a_stream_that_breaks_after_its_first_words_is_given_back(
    two: RunningHub, upstream: Upstream, count: Count
) -> None:
    counts: list[int] = []
    upstream.script = seen(count, counts, streamed(events_of(chunks_of(["Hel"]))[:2], ends=False))
    assert "error" in (await two.ask(STREAM)).text
    await count.is_zero_again()
    assert counts == [1]


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_a_caller_who_hangs_up_is_given_back(
    two: RunningHub, upstream: Upstream, count: Count, body: dict[str, Any]
) -> None:
    upstream.script = held = Held()
    with suppress(httpx.ReadTimeout):
        await two.http.post("/v1/chat/completions", json=body, headers=two.bearer(), timeout=0.3)
    assert count.running == 1
    held.go.set()
    await count.is_zero_again()


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_a_hub_that_stops_gives_all_back(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream, second: Upstream, body: dict[str, Any]
) -> None:
    settings = settings_for(
        fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, stop_s=0.1, first_byte_s=60.0, total_s=60.0
    )  # fmt: skip
    async with running_hub(settings, upstream) as hub:
        await add(hub, "up2", second)
        await route_m(hub)
        count = counting()
        upstream.script = Held()
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(_unanswered(hub, body))
            async with asyncio.timeout(10):
                while not count.running:
                    await asyncio.sleep(0.01)
            asked.cancel()
        assert count.running == 1
    await count.is_zero_again()


async def _unanswered(hub: RunningHub, body: dict[str, Any]) -> None:
    with suppress(httpx.HTTPError):
        await hub.ask(body)


async def test_who_waits_for_a_slot_is_counted_once_it_has_one(
    two: RunningHub, upstream: Upstream, count: Count
) -> None:
    async with two.house.database.write() as conn:
        await two.house.routes.put(conn, SYSTEM, "m", RouteDraft((TierDraft((Aim("up/m"),), Strategy.least_latency),)))
    await limit(two, "up", concurrency=1, queue=5)
    counts: list[int] = []
    upstream.script = seen(count, counts, by_request)
    answers = await asyncio.gather(*[two.ask(PLAIN) for _ in range(5)])
    assert [one.status_code for one in answers] == [200] * 5
    await count.is_zero_again()
    assert counts == [1] * 5


@pytest.mark.parametrize("is_first_sooner", [False, True])
async def test_both_of_a_hedge_are_counted_and_given_back(
    two: RunningHub, upstream: Upstream, second: Upstream, count: Count, is_first_sooner: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("tests.relay.test_hedging.hedge_m", route_m)
    counts: list[int] = []
    first, beside = Held(), Held()

    async def then(asked: Asked, writer: asyncio.StreamWriter) -> None:
        (first if is_first_sooner else beside).go.set()
        await beside(asked, writer)

    second.script = seen(count, counts, then)
    answer = await hedged(two, upstream, first, PLAIN)
    assert answer.headers["x-hub-provider"] == ("up" if is_first_sooner else "up2")
    await count.is_zero_again()
    assert counts == [2]


async def test_a_probe_beside_a_call_is_counted_and_given_back(
    two: RunningHub, upstream: Upstream, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.script = Silent()
    await shut(two, monkeypatch)
    await route_m(two)
    await patient(two)
    upstream.script = probed = Silent()
    assert (await two.ask(PLAIN)).headers["x-hub-provider"] == "up2"
    await asyncio.wait_for(probed.asked.wait(), 10)
    async with asyncio.timeout(10):
        while count.running != 1:
            await asyncio.sleep(0.01)
    probed.go.set()
    await count.is_zero_again()


async def test_a_stream_teaches_how_soon_it_began_while_it_runs(
    two: RunningHub, upstream: Upstream, count: Count
) -> None:
    go_on = asyncio.Event()

    async def between(number: int) -> None:
        if number == 2:
            await go_on.wait()

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=between)
    async with two.http.stream("POST", "/v1/chat/completions", json=STREAM, headers=two.bearer()) as answer:
        pieces = answer.aiter_bytes()
        await anext(pieces)
        (target,) = {one.target.model: one.target for one in _handles()}.values()
        (latency,) = [one for one in count.latencies if one.running]
        assert 0 < latency.expected(target) < 5
        go_on.set()
        async for _ in pieces:
            pass
    await count.is_zero_again()


def _handles() -> Iterator[Running]:
    return (one for one in gc.get_objects() if isinstance(one, Running))
