"""The rows of connect sessions, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.connect import store
from aigne_hub.access.connect.store import Connect
from aigne_hub.access.identity import KeyId, Role
from aigne_hub.audit.records import SYSTEM
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_a_session_takes_one_key_and_is_removed_once(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    one = Connect("s1", "c" * 48, None, None, None, 1000, 2000)
    async with hub.house.database.write() as conn:
        await store.add(conn, one)
        assert await store.find(conn, "s1") == one
        made = await hub.house.keys.create(conn, SYSTEM, hub.member.id, "k", role=Role.member)
        assert await store.give_key(conn, "s1", key_id=made.key.id, key_expires_ms=None, sealed_key=b"sealed")
        assert not await store.give_key(conn, "s1", key_id=KeyId(9), key_expires_ms=None, sealed_key=b"other")
        await store.end_by(conn, "s1", 1500)
        await store.end_by(conn, "s1", 1900)
        found = await store.find(conn, "s1")
        assert found is not None and (found.key_id, found.sealed_key, found.expires_ms) == (
            made.key.id,
            b"sealed",
            1500,
        )
        assert await store.remove(conn, "s1")
        assert not await store.remove(conn, "s1")


async def test_what_ended_is_forgotten(hub_on_both: RunningHub) -> None:
    async with hub_on_both.house.database.write() as conn:
        await store.add(conn, Connect("s1", "c", None, None, None, 1000, 2000))
        await store.add(conn, Connect("s2", "c", None, None, None, 1000, 3000))
        assert await store.count(conn) == 2
        assert await store.forget(conn, 2500) == 1
        assert await store.find(conn, "s1") is None
