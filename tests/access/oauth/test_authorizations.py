"""What people let applications do: remembered, listed, taken back."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Scope
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import NotFound
from tests.access.oauth.room import SCOPES, Room

pytestmark = pytest.mark.anyio


async def test_what_was_allowed_grows_and_is_known(room: Room) -> None:
    user, app = await room.user(), (await room.client()).client
    desk = room.server.authorizations
    async with room.database.write() as conn:
        assert not await desk.is_known(conn, user.id, app, SCOPES)
        first = await desk.allow(conn, SYSTEM, app, user.id, frozenset({Scope.inference}))
        assert not await desk.is_known(conn, user.id, app, SCOPES)
        second = await desk.allow(conn, SYSTEM, app, user.id, frozenset({Scope.models_read}))
        assert await desk.is_known(conn, user.id, app, SCOPES)
        assert second.id == first.id and second.scopes == SCOPES
        assert await desk.list(conn, user.id) == [(second, app)]


async def test_what_was_taken_back_is_gone_and_begins_anew(room: Room) -> None:
    user, other, app = await room.user(), await room.user("Bea"), (await room.client()).client
    desk = room.server.authorizations
    async with room.database.write() as conn:
        one = await desk.allow(conn, SYSTEM, app, user.id, SCOPES)
        with pytest.raises(NotFound):
            await desk.end(conn, SYSTEM, other.id, one.id)  # somebody else's
        await desk.end(conn, SYSTEM, user.id, one.id)
        with pytest.raises(NotFound):
            await desk.end(conn, SYSTEM, user.id, one.id)
        assert await desk.list(conn, user.id) == []
        assert not await desk.is_known(conn, user.id, app, frozenset())
        again = await desk.allow(conn, SYSTEM, app, user.id, frozenset({Scope.inference}))
        assert again.scopes == {Scope.inference} and again.id != one.id
    assert len(await room.journal_of("authorization.end")) == 1
