"""Tokens: opaque, kept as keyed hashes, found by their secret alone."""

from __future__ import annotations

import pytest

from aigne_hub.access.oauth.records import TokenKind
from aigne_hub.access.oauth.tokens import live_user
from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import Room

pytestmark = pytest.mark.anyio


async def test_a_token_is_found_by_its_secret_and_its_secret_is_nowhere(room: Room) -> None:
    user, app = await room.user(), await room.client()
    issued = await room.issued(app, user)
    async with room.database.read() as conn:
        access = await room.server.tokens.find(conn, issued.access)
        refresh = await room.server.tokens.find(conn, issued.refresh or "")
        assert access is not None and refresh is not None
        assert (access.kind, refresh.kind) == (TokenKind.access, TokenKind.refresh)
        assert access.family_id == refresh.family_id
        assert await room.server.tokens.find(conn, issued.access + "x") is None
        assert await room.server.tokens.find(conn, issued.access.removeprefix("hubat_")) is None
    (row,) = await room.journal_of("token.issue")
    assert issued.access not in (row.after or "") and (row.actor.kind, row.actor.name) == ("client", "App")


async def test_a_disabled_user_is_not_live(room: Room) -> None:
    user = await room.user()
    async with room.database.write() as conn:
        assert await live_user(conn, user.id) == user
        await room.users.change(conn, SYSTEM, user.id, is_disabled=True)
        assert await live_user(conn, user.id) is None
