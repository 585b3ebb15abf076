"""Probes beside calls: a target that kept callers waiting is asked again, and no caller waits for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.limits import ProviderLimits
from aigne_hub.catalog.routes.entries import Aim, RouteDraft, TierDraft
from aigne_hub.relay import circuit
from aigne_hub.usage.records import Status
from tests.relay.two_targets import PLAIN, STREAM, by_request, last
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

FIRST_BYTE_S = 0.3


class Silent:
    """A provider that keeps its words back until it is let go; `asked` and `is_left` say how far it has come."""

    def __init__(self) -> None:
        self.go, self.asked, self.is_left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked.set()
        while not (self.go.is_set() or asked.is_left()):
            await asyncio.sleep(0.005)
        if asked.is_left():
            self.is_left.set()
            raise ConnectionResetError("the hub hung up")
        await by_request(asked, writer)


@pytest.fixture
def silent(upstream: Upstream) -> Silent:
    upstream.script = Silent()
    return upstream.script


async def shut(hub: RunningHub, monkeypatch: pytest.MonkeyPatch, *, is_alone: bool = False) -> None:
    """Calls of m find that `up` hangs, until its circuit opens; its probe is due at once."""
    monkeypatch.setattr(circuit, "FIRST_PAUSE_S", 0.001)
    limits = ProviderLimits(retries=0, first_byte_s=FIRST_BYTE_S)
    tiers = [TierDraft((Aim("up/m"),))] if is_alone else [TierDraft((Aim("up/m"),)), TierDraft((Aim("up2/m"),))]
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, limits=limits)
        await hub.house.routes.put(conn, SYSTEM, "m", RouteDraft(tuple(tiers)))
    await hub.catch_up()
    for _ in range(circuit.FAILURES_TO_OPEN):
        answer = await hub.ask(PLAIN)
        assert (answer.status_code, answer.headers["x-hub-attempts"]) == ((504, "1") if is_alone else (200, "2"))


async def patient(hub: RunningHub) -> None:
    """From now on `up` may take its time."""
    async with hub.house.database.write() as conn:
        limits = ProviderLimits(retries=0, first_byte_s=60.0)
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, limits=limits)
    await hub.catch_up()


async def comes_back(hub: RunningHub) -> None:
    """Calls go to `up` again."""
    async with asyncio.timeout(10):
        while (await hub.ask(PLAIN)).headers["x-hub-provider"] != "up":
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "stream"])
async def test_who_was_silent_is_asked_beside_the_call_and_comes_back(
    two: RunningHub,
    upstream: Upstream,
    second: Upstream,
    silent: Silent,
    body: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await shut(two, monkeypatch)
    await patient(two)
    upstream.script = probed = Silent()
    answer = await two.ask(body)  # were it to wait for the probe, it would wait for ever
    assert (answer.status_code, answer.headers["x-hub-provider"]) == (200, "up2")
    await asyncio.wait_for(probed.asked.wait(), 10)
    call, (probe, kept) = await last(two, circuit.FAILURES_TO_OPEN + 1)
    assert (call.status, call.provider_id) == (Status.success, kept.provider_id)
    assert (probe.outcome, probe.provider_id, probe.status) == ("probe", two.provider.id, None)
    assert (kept.outcome, kept.status) == ("ok", 200)
    assert upstream.asked[-1].json["messages"] == body["messages"]
    answer = await two.ask(body)  # one probe at a time
    assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up2", "1")
    upstream.script = by_request
    probed.go.set()
    await comes_back(two)


async def test_who_stays_silent_is_asked_again_and_again_and_nobody_waits(
    two: RunningHub, upstream: Upstream, second: Upstream, silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shut(two, monkeypatch)
    for _ in range(3):
        upstream.script = probed = Silent()
        async with asyncio.timeout(10):
            while not probed.asked.is_set():
                answer = await two.ask(PLAIN)
                assert answer.headers["x-hub-provider"] == "up2"
            await probed.is_left.wait()


async def test_a_probe_that_is_refused_is_known_to_be_up(
    two: RunningHub, upstream: Upstream, second: Upstream, silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shut(two, monkeypatch)
    upstream.script = whole({"error": {"message": "what is this?"}}, 400)
    assert (await two.ask(PLAIN)).headers["x-hub-provider"] == "up2"
    async with asyncio.timeout(10):
        while (answer := await two.ask(PLAIN)).status_code == 200:
            assert answer.headers["x-hub-provider"] == "up2"
    assert (answer.status_code, answer.headers["x-hub-provider"]) == (400, "up")


async def test_without_another_target_the_call_is_the_probe(
    two: RunningHub, upstream: Upstream, silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shut(two, monkeypatch, is_alone=True)
    upstream.script = by_request
    answer = await two.ask(PLAIN)
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up", "1")


async def test_a_probe_takes_a_place_and_gives_it_back(
    two: RunningHub, upstream: Upstream, second: Upstream, silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shut(two, monkeypatch)
    async with two.house.database.write() as conn:
        limits = ProviderLimits(retries=0, first_byte_s=60.0, concurrency=1, queue=0)
        await two.house.providers.change_provider(conn, SYSTEM, two.provider.id, limits=limits)
    await two.catch_up()
    upstream.script = probed = Silent()
    assert (await two.ask(PLAIN)).headers["x-hub-provider"] == "up2"
    await asyncio.wait_for(probed.asked.wait(), 10)
    assert (await two.ask({**PLAIN, "model": "up/m"})).status_code in (429, 503)
    probed.go.set()
    await comes_back(two)
    assert (await two.ask({**PLAIN, "model": "up/m"})).status_code == 200
