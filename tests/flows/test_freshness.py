"""Fresh snapshots: what any process changes is soon known to a running hub; bench/revocation.py measures how soon."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.identity import KeyId, Role
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import NotSignedIn
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def key_id(hub: RunningHub) -> KeyId:
    await hub.house.freshness.look()
    return KeyId((await hub.house.identify(hub.member_key)).means_id)


async def test_a_key_revoked_elsewhere_stops(hub: RunningHub) -> None:
    assert (await hub.ask()).status_code == 200
    revoked = await key_id(hub)
    async with hub.house.database.write() as conn:
        await hub.house.keys.revoke(conn, SYSTEM, revoked)
    async with asyncio.timeout(10):
        while (await hub.ask()).status_code != 401:
            await asyncio.sleep(0.02)


async def test_a_key_made_elsewhere_works_at_once(hub: RunningHub) -> None:
    for number in range(5):
        async with hub.house.database.write() as conn:
            made = await hub.house.keys.create(conn, SYSTEM, hub.member.id, f"k{number}", role=Role.member)
        assert (await hub.ask(None, authorization=f"Bearer {made.secret}")).status_code == 200


async def test_a_user_who_lost_a_role_has_soon_lost_it(hub: RunningHub) -> None:
    path = "/api/ai-providers"
    assert (await hub.http.get(path, headers=hub.bearer(hub.owner_key))).status_code == 200
    async with hub.house.database.write() as conn:
        await hub.house.users.add(conn, SYSTEM, "Oskar", role=Role.owner)  # there is always one
        await hub.house.users.change(conn, SYSTEM, hub.owner.id, role=Role.guest)
    async with asyncio.timeout(10):
        while (await hub.http.get(path, headers=hub.bearer(hub.owner_key))).status_code != 403:
            await asyncio.sleep(0.02)


async def test_a_provider_switched_off_elsewhere_is_soon_off(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, enabled=False)
    async with asyncio.timeout(10):
        while (await hub.ask()).status_code != 503:
            await asyncio.sleep(0.02)


async def test_a_flood_of_unknown_keys_asks_the_database_little(hub: RunningHub) -> None:
    looks = 0
    look = hub.house.freshness.look

    class Counted:
        async def __call__(self) -> None:
            nonlocal looks
            looks += 1
            await look()

    object.__setattr__(hub.house.freshness, "look", Counted())

    async def stranger(number: int) -> None:
        with pytest.raises(NotSignedIn):
            await hub.house.identify(f"blocklet-unknown-{number}")

    await asyncio.gather(*(stranger(number) for number in range(200)))
    assert looks == 1


async def test_what_cannot_be_a_key_is_refused_without_a_look(hub: RunningHub) -> None:
    with pytest.raises(NotSignedIn):
        await hub.house.identify("sk-somebody-elses")
