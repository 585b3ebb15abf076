"""Owners and admins are told: once, signed, again when it failed, and never so often that nobody reads it."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.app import open_house
from aigne_hub.audit.records import SHELL, SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import NotFound, UpstreamFailed
from aigne_hub.catalog.entries import CredentialKind, Provider
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.flows.telling import MOST_TRIES, QUIET_MS, SETTLE_MS
from aigne_hub.house import House
from tests.outbound.test_mail import postbox
from tests.relay.worlds import overloaded, refused
from tests.running import settings_for
from tests.upstream import Asked, Upstream, serve_upstream, whole

pytestmark = pytest.mark.anyio


class World:
    """A hub without its door, on a stopped clock, with a provider, a credential, a model, and a webhook's receiver."""

    def __init__(self, house: House, clock: StoppedClock, provider: Provider, receiver: Upstream) -> None:
        self.house = house
        self.clock = clock
        self.provider = provider
        self.receiver = receiver
        self.secret = b""

    async def set_webhook(self) -> None:
        async with self.house.database.write() as conn:
            _, secret = await self.house.webhooks.put(conn, SHELL, f"{self.receiver.url}/hook?code=1")
        self.secret = base64.b64decode(secret.removeprefix("whsec_"))

    async def refuse(self) -> None:
        await self.house.freshness.look()
        self.house.health.failed(self.house.catalog.peek("up/m"), refused())
        await self.house.credential_health.deactivate_refused()

    async def recheck(self, seconds: float = 5) -> None:
        self.clock.advance(seconds)
        await self.house.credential_health.recheck_due()

    async def fail(self) -> None:
        await self.house.freshness.look()
        self.house.health.failed(self.house.catalog.peek("up/m"), overloaded())
        await self.house.model_statuses.tick()

    async def mend(self) -> None:
        await self.house.freshness.look()
        self.house.health.succeeded(self.house.catalog.peek("up/m"))
        await self.house.model_statuses.tick()

    async def told(self) -> list[Any]:
        """What the receiver gets now, each proven to be the hub's."""
        self.receiver.asked.clear()
        await self.house.telling.tick()
        return [self.proven(asked) for asked in self.receiver.asked]

    def proven(self, asked: Asked) -> Any:
        signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
        wanted = base64.b64encode(hmac.digest(self.secret, signed, "sha256")).decode()
        assert asked.headers["webhook-signature"] == f"v1,{wanted}"
        assert asked.headers["webhook-timestamp"] == str(self.clock.now_ms() // 1000)
        assert asked.json["id"] == asked.headers["webhook-id"]
        assert asked.path == "/v1/hook?code=1"
        return asked.json


async def world_of(house: House, clock: StoppedClock, upstream: Upstream, receiver: Upstream) -> World:
    async with house.database.write() as conn:
        provider = await house.providers.add_provider(conn, SYSTEM, "up", base_url=upstream.url)
        await house.providers.put_models(conn, provider.id, [("m", Kind.chat)])
        for name, role in (("olga", Role.owner), ("ada", Role.admin), ("max", Role.member)):
            await house.users.add(conn, SYSTEM, name, role=role, email=f"{name}@example.com")
    draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": "sk-very-own-0123456789"})
    await house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
    return World(house, clock, provider, receiver)


@pytest.fixture
async def receiver() -> AsyncIterator[Upstream]:
    async with serve_upstream() as serving:
        serving.script = whole(b"", 204)
        yield serving


@pytest.fixture
async def world(database_url: str, tmp_path: Path, upstream: Upstream, receiver: Upstream) -> AsyncIterator[World]:
    clock = StoppedClock()
    async with open_house(settings_for(database_url, tmp_path), clock=clock) as house:
        yield await world_of(house, clock, upstream, receiver)


async def test_a_refused_credential_is_told_once_and_so_is_its_return(world: World, upstream: Upstream) -> None:
    await world.refuse()
    assert await world.told() == []  # nobody wants to hear of it
    await world.set_webhook()
    upstream.script = whole({"object": "list", "data": [{"id": "m"}]})
    await world.recheck(60)
    (back,) = await world.told()
    assert back["type"] == "credential.reactivated"
    assert back["data"] == {"provider": "up", "credential": "first", "reason": None}
    await world.refuse()
    (off,) = await world.told()
    assert off["type"] == "credential.deactivated"
    assert off["data"]["reason"].startswith("the provider refused the credential (status 401)")
    assert "0123456789" not in json.dumps(off)
    assert await world.told() == []


async def test_a_credential_that_is_given_up_is_told(world: World, upstream: Upstream) -> None:
    await world.set_webhook()
    upstream.script = whole({"error": "no"}, 401)
    await world.refuse()
    await world.told()
    for _ in range(20):
        await world.recheck(20_000)
    assert [one["type"] for one in await world.told()] == ["credential.given_up"]


async def test_a_model_that_is_soon_back_is_no_news_and_another_one_is(world: World) -> None:
    await world.set_webhook()
    await world.fail()
    await world.mend()
    world.clock.advance(SETTLE_MS / 1000)
    assert await world.told() == []
    await world.fail()
    assert await world.told() == []
    world.clock.advance(SETTLE_MS / 1000)
    (down,) = await world.told()
    assert (down["type"], down["data"]["provider"], down["data"]["model"]) == ("model.unavailable", "up", "m")
    assert down["data"]["reason"] == "Model Unavailable: the provider failed (status 503)"
    await world.mend()
    world.clock.advance(SETTLE_MS / 1000)
    assert [one["type"] for one in await world.told()] == ["model.available"]


async def test_what_is_not_taken_is_sent_again_ever_more_seldom_and_then_given_up(world: World) -> None:
    await world.set_webhook()
    world.receiver.script = whole(b"", 500)
    await world.refuse()
    (first,) = await world.told()
    for number in range(1, MOST_TRIES):
        world.clock.advance(10 * 4 ** (number - 1) - 1)
        assert await world.told() == []
        world.clock.advance(1)
        assert await world.told() == [first]
    world.clock.advance(10_000_000)
    assert await world.told() == []


async def test_of_two_workers_one_sends_and_another_one_when_it_died(
    world: World, database_url: str, tmp_path: Path
) -> None:
    await world.set_webhook()
    await world.fail()
    world.clock.advance(SETTLE_MS / 1000)
    async with open_house(settings_for(database_url, tmp_path), clock=world.clock) as other:
        await asyncio.gather(world.house.telling.tick(), other.telling.tick())
        assert len(world.receiver.asked) == 1
        world.receiver.asked.clear()
        hangs = asyncio.Event()

        async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
            hangs.set()
            await asyncio.sleep(30)

        world.receiver.script = hang
        await world.mend()
        world.clock.advance(SETTLE_MS / 1000)
        dying = asyncio.create_task(world.house.telling.tick())
        async with asyncio.timeout(10):
            await hangs.wait()
        dying.cancel()
        await asyncio.wait([dying])
        world.receiver.script = whole(b"", 204)
        await other.telling.tick()
        assert len(world.receiver.asked) == 1
        world.clock.advance(120)
        await other.telling.tick()
    assert len(world.receiver.asked) == 2


async def test_a_test_is_sent_at_once_and_says_what_is_wrong(world: World) -> None:
    with pytest.raises(NotFound, match="no webhook"):
        await world.house.telling.test()
    await world.set_webhook()
    assert await world.house.telling.test() == 204
    assert world.proven(world.receiver.asked[0])["type"] == "test"
    world.receiver.script = whole(b"", 410)
    with pytest.raises(UpstreamFailed, match="status 410"):
        await world.house.telling.test()


async def test_owners_and_admins_are_mailed_at_most_once_an_hour_about_a_thing(
    database_url: str, tmp_path: Path, upstream: Upstream, receiver: Upstream
) -> None:
    clock = StoppedClock()
    async with postbox() as box:
        smtp = f"smtp://127.0.0.1:{box.port}/?from=hub@example.com"
        settings = replace(settings_for(database_url, tmp_path), smtp_url=smtp)
        async with open_house(settings, clock=clock) as house:
            world = await world_of(house, clock, upstream, receiver)
            upstream.script = whole({"object": "list", "data": [{"id": "m"}]})
            await world.refuse()
            await world.told()
            assert sorted(line for mail in box.mails for line in mail.splitlines() if line.startswith("To: ")) == [
                "To: ada@example.com",
                "To: olga@example.com",
            ]
            assert "first" in box.mails[0]
            assert "status 401" in box.mails[0]
            await world.recheck()
            await world.told()
            assert len(box.mails) == 2
            clock.advance(QUIET_MS / 1000)
            await world.refuse()
            await world.told()
    assert len(box.mails) == 4
