"""Models' statuses: what calls find is soon in every listing of every worker, and what nobody confirms is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aigne_hub.app import open_house
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import CredentialKind, Provider, Target
from aigne_hub.catalog.statuses import store
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.flows.model_statuses import FORGET_MS
from aigne_hub.house import House
from tests.relay.worlds import overloaded, refused
from tests.running import RunningHub, settings_for
from tests.upstream import COMPLETION, Upstream, whole

pytestmark = pytest.mark.anyio


class World:
    """A hub without its door, on a stopped clock, with one provider that lists one model."""

    def __init__(self, house: House, clock: StoppedClock, provider: Provider) -> None:
        self.house = house
        self.clock = clock
        self.provider = provider

    async def target(self) -> Target:
        await self.house.freshness.look()
        return self.house.catalog.peek("up/m")

    async def fail(self, error: UpstreamFailed) -> None:
        self.house.health.failed(await self.target(), error)
        await self.ticked()

    async def ticked(self) -> None:
        await self.house.model_statuses.tick()
        await self.house.freshness.look()

    def codes(self, house: House | None = None) -> list[str]:
        return [one.fault.code for one in (house or self.house).statuses.down.values()]


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    clock = StoppedClock()
    async with open_house(settings_for(database_url, tmp_path), clock=clock) as house:
        async with house.database.write() as conn:
            provider = await house.providers.add_provider(conn, SYSTEM, "up", base_url="http://127.0.0.1:1")
            await house.providers.put_models(conn, provider.id, [("m", Kind.chat)])
        draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": "sk-very-own-0123456789"})
        await house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
        yield World(house, clock, provider)


async def test_every_worker_learns_what_one_found_and_the_first_that_succeeds_ends_it(
    world: World, database_url: str, tmp_path: Path
) -> None:
    async with open_house(settings_for(database_url, tmp_path), clock=world.clock) as other:
        await world.fail(overloaded())
        await other.freshness.look()
        assert world.codes() == world.codes(other) == ["Model Unavailable"]
        other.health.succeeded(other.catalog.peek("up/m"))
        await other.model_statuses.tick()
        await world.house.freshness.look()
    assert world.codes() == []
    async with world.house.database.read() as conn:
        assert await store.list_statuses(conn) == []


async def test_what_two_workers_find_at_once_is_written_once(world: World, database_url: str, tmp_path: Path) -> None:
    async with open_house(settings_for(database_url, tmp_path), clock=world.clock) as other:
        other.health.failed(other.catalog.peek("up/m"), refused())
        await world.fail(overloaded())
        before = world.house.statuses.down
        await other.model_statuses.tick()
        await world.house.freshness.look()
    (old,), (new,) = before.values(), world.house.statuses.down.values()
    assert (old.fault.code, new.fault.code) == ("Model Unavailable", "Invalid API Key")
    assert old.changed_ms == new.changed_ms


async def test_what_nobody_finds_down_any_more_is_forgotten(world: World) -> None:
    await world.fail(overloaded())
    world.clock.advance(FORGET_MS / 1000 - 1)
    await world.ticked()
    assert world.codes() == ["Model Unavailable"]
    world.clock.advance(1)
    await world.ticked()
    assert world.codes() == []


async def test_a_new_credential_ends_what_was_of_the_old_one(world: World) -> None:
    await world.fail(UpstreamFailed(Failure.credential, "refused", upstream_status=401))
    await world.house.credential_health.deactivate_refused()
    await world.ticked()
    assert world.codes() == ["Invalid API Key"]
    world.clock.advance(1)
    draft = CredentialDraft("second", CredentialKind.api_key, {"api_key": "sk-another-0123456789"})
    await world.house.credentials.add(SYSTEM, world.provider.id, draft, is_checked=False)
    await world.house.freshness.look()
    await world.ticked()
    assert world.codes() == []


async def test_the_provider_takes_its_statuses_with_it(world: World) -> None:
    target = await world.target()
    await world.fail(overloaded())
    async with world.house.database.write() as conn:
        await world.house.providers.remove_provider(conn, SYSTEM, world.provider.id)
    await world.house.freshness.look()
    assert world.codes() == []
    world.house.health.failed(target, overloaded())  # a call that was under way
    await world.ticked()
    assert world.codes() == []


async def entry(hub: RunningHub, path: str) -> dict[str, Any]:
    answer = await hub.http.get(path, headers=hub.bearer())
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    listed = shown["data"] if isinstance(shown, dict) else shown
    found: dict[str, Any] = next(one for one in listed if one["key"] == "up/m")
    return found


async def until(hub: RunningHub, *, is_available: bool) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while (await entry(hub, "/api/ai-providers/models"))["status"]["available"] is not is_available:
            await asyncio.sleep(0.02)
    return await entry(hub, "/api/ai-providers/models")


async def test_a_failing_model_is_listed_as_not_available_until_it_answers(
    hub_on_both: RunningHub, upstream: Upstream
) -> None:
    hub = hub_on_both
    assert (await entry(hub, "/v1/models"))["status"] == {"available": True}
    upstream.script = whole({"error": {"message": "our boiler burst"}}, 500)
    assert (await hub.ask()).status_code == 502
    error = {"code": "Model Unavailable", "message": "the provider failed (status 500)"}
    assert (await until(hub, is_available=False))["status"] == {"available": False, "error": error}
    assert (await entry(hub, "/v1/models"))["status"] == {"available": False, "error": error}
    asked = await hub.http.get("/api/v2/status?model=up/m")
    assert asked.json() == {"available": False, "error": "Model is not available", "code": 503}
    assert (await hub.http.get("/api/v2/status?model=up/e")).json() == {"available": True}
    upstream.script = whole(COMPLETION)
    assert (await hub.ask()).status_code == 200
    await until(hub, is_available=True)
    assert (await hub.http.get("/api/v2/status?model=up/m")).json() == {"available": True}
