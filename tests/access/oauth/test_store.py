"""The rows of OAuth: pages of clients, and what is forgotten when."""

from __future__ import annotations

import pytest

from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.tokens import ACCESS_S, REFRESH_S
from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import Room, code_of, good

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["", "hubc_\x00", "hubc_é", "hubc_" + "a" * 60])
async def test_what_no_client_can_be_named_names_none(room: Room, name: str) -> None:
    async with room.database.read() as conn:
        assert await store.find_client_by_name(conn, name) is None


async def test_clients_are_listed_from_the_newest_on_without_the_removed(room: Room) -> None:
    made = [(await room.client(name=f"App {number}")).client for number in range(3)]
    async with room.database.write() as conn:
        await room.server.clients.remove(conn, SYSTEM, made[1].id)
        assert await store.list_clients(conn, before=None, limit=1) == [made[2]]
        assert await store.list_clients(conn, before=made[2].id, limit=5) == [made[0]]


async def test_a_used_refresh_token_is_remembered_until_it_would_have_expired(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    second = good(await room.refresh(app, first.refresh))

    async def forget() -> int:
        async with room.database.write() as conn:
            return await store.forget_ended(conn, tokens_before=room.clock.now_ms(), clients_before=0, unused_before=0)

    room.clock.advance(ACCESS_S + 1)
    assert await forget() == 2  # the access tokens
    assert code_of(await room.refresh(app, first.refresh)) == "invalid_grant"
    assert code_of(await room.refresh(app, second.refresh)) == "invalid_grant"  # the reuse was noticed
    room.clock.advance(REFRESH_S)
    assert await forget() == 2


async def test_a_removed_client_is_kept_until_every_worker_has_seen_it(room: Room) -> None:
    user, app = await room.user(), await room.client()
    issued = await room.issued(app, user)
    removed_ms = room.clock.now_ms()
    async with room.database.write() as conn:
        await room.server.clients.remove(conn, SYSTEM, app.client.id)
        assert await store.forget_ended(conn, tokens_before=0, clients_before=removed_ms, unused_before=0) == 0
    assert await room.caller(issued.access) is None
    async with room.database.write() as conn:
        assert await store.forget_ended(conn, tokens_before=0, clients_before=removed_ms + 1, unused_before=0) == 1
        assert await store.find_client(conn, app.client.id) is None
        assert await room.server.tokens.find(conn, issued.access) is None
