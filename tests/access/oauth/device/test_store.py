"""The rows of device requests: a status moves once."""

from __future__ import annotations

import pytest

from aigne_hub.access.oauth.device import store
from aigne_hub.access.oauth.device.store import DeviceRequest
from aigne_hub.access.oauth.records import DeviceStatus
from tests.access.oauth.room import SCOPES, Room

pytestmark = pytest.mark.anyio


async def test_a_request_moves_from_one_status_once_and_is_forgotten(room: Room) -> None:
    app, user = (await room.client()).client, await room.user()
    one = DeviceRequest(1, app.id, SCOPES, DeviceStatus.pending, None, 5, None, 0, 1000)
    async with room.database.write() as conn:
        await store.add(conn, one, device_digest=b"d" * 32, user_digest=b"u" * 32)
        assert await store.find_by_device(conn, b"d" * 32) == one == await store.find_by_user(conn, b"u" * 32)
        assert await store.find_by_user(conn, b"d" * 32) is None
        assert await store.move(conn, 1, DeviceStatus.pending, DeviceStatus.allowed, user_id=user.id)
        assert not await store.move(conn, 1, DeviceStatus.pending, DeviceStatus.denied)
        await store.note_poll(conn, 1, polled_ms=7, interval_s=10)
        found = await store.find_by_device(conn, b"d" * 32)
        assert found is not None
        assert (found.status, found.user_id, found.polled_ms, found.interval_s) == ("allowed", user.id, 7, 10)
        assert (await store.count_open(conn, 999), await store.count_open(conn, 1000)) == (1, 0)
        assert (await store.forget(conn, 1000), await store.forget(conn, 1001)) == (0, 1)
