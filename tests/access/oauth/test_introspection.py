"""Telling a client of its token, and of no other."""

from __future__ import annotations

import pytest

from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import Room, good

pytestmark = pytest.mark.anyio


async def test_a_client_is_told_of_its_own_live_tokens(room: Room) -> None:
    user, app, other = await room.user(), await room.client(), await room.client(name="Other")
    issued = await room.issued(app, user)
    look = room.server.introspection.look
    async with room.database.read() as conn:
        for secret in (issued.access, issued.refresh or ""):
            found = await look(conn, secret, asking=app.client)
            assert found is not None and (found.user.id, found.client.id) == (user.id, app.client.id)
            assert await look(conn, secret, asking=other.client) is None
            assert await look(conn, secret, asking=None) is not None
        for secret in ("", "hubat_unknown", "blocklet-key", "hubat_" + "x" * 300):
            assert await look(conn, secret, asking=app.client) is None


async def test_what_has_ended_is_not_active(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    second = good(await room.refresh(app, first.refresh))
    look = room.server.introspection.look
    async with room.database.read() as conn:
        assert await look(conn, first.refresh or "", asking=app.client) is None
        assert await look(conn, second.refresh or "", asking=app.client) is not None
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, user.id, is_disabled=True)
        assert await look(conn, second.refresh or "", asking=app.client) is None
        await room.users.change(conn, SYSTEM, user.id, is_disabled=False)
    room.clock.advance(3600)
    async with room.database.read() as conn:
        assert await look(conn, second.access, asking=app.client) is None
