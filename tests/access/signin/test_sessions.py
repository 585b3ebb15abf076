"""Sessions: how long they live, and how they end, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.identity import Role, User
from aigne_hub.access.signin import store
from aigne_hub.access.signin.sessions import IDLE_S, LIFE_S, Sessions, SignedIn
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import NotSignedIn
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn, Database
from aigne_hub.db.versions import hold

pytestmark = pytest.mark.anyio

VAULT = Vault(bytes(32))


class Room:
    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.ids = IdSource(self.clock, 1)
        self.sessions = Sessions(VAULT, self.clock, self.ids)

    async def ada(self, conn: Conn) -> User:
        users = Users(self.clock, self.ids, Journal(VAULT, self.clock))
        return await users.add(conn, SYSTEM, "Ada", role=Role.member)

    async def open(self, conn: Conn, user: User) -> SignedIn:
        return await self.sessions.open(conn, user, method="password", address="192.0.2.1", user_agent="x" * 500)


@pytest.fixture
def room() -> Room:
    return Room()


async def test_a_session_is_found_by_its_secret_alone(database: Database, room: Room) -> None:
    async with database.write() as conn:
        opened = await room.open(conn, await room.ada(conn))
        found = await room.sessions.find(conn, opened.secret)
        assert found is not None and found.session == opened.session
        for wrong in ("", opened.secret + "x", opened.session.digest.hex(), "x" * 10_000):
            assert await room.sessions.find(conn, wrong) is None
    assert opened.secret not in repr(opened)
    assert len(opened.session.user_agent) == 300


async def test_a_session_idles_and_expires(database: Database, room: Room) -> None:
    async with database.write() as conn:
        opened = await room.open(conn, await room.ada(conn))
        for _ in range(LIFE_S // IDLE_S):
            room.clock.advance(IDLE_S)
            found = await room.sessions.find(conn, opened.secret)
            assert found is not None and room.sessions.needs_touch(found.session)
            await room.sessions.touch(conn, found.session, "192.0.2.2")
        room.clock.advance(LIFE_S % IDLE_S)
        assert await room.sessions.find(conn, opened.secret) is None
        idle = await room.open(conn, opened.user)
        room.clock.advance(IDLE_S + 1)
        assert await room.sessions.find(conn, idle.secret) is None


async def test_a_rotated_session_goes_on_under_its_new_secret(database: Database, room: Room) -> None:
    async with database.write() as conn:
        old = await room.open(conn, await room.ada(conn))
        new = await room.sessions.rotate(conn, old)
        assert await room.sessions.find(conn, old.secret) is None
        found = await room.sessions.find(conn, new.secret)
        assert found is not None and found.session.id == old.session.id


async def test_sessions_end_one_by_one_and_all_but_one(database: Database, room: Room) -> None:
    async with database.write() as conn:
        ada = await room.ada(conn)
        first, second, third = [await room.open(conn, ada) for _ in range(3)]
        assert await room.sessions.end(conn, ada.id, first.session.id)
        assert not await room.sessions.end(conn, ada.id, first.session.id)
        assert await room.sessions.end_all(conn, ada.id, but=third.session.id) == 1
        assert await room.sessions.find(conn, second.secret) is None
        live = await store.list_sessions(conn, ada.id, live_at=room.clock.now_ms())
        assert [one.id for one in live] == [third.session.id]


async def test_nobody_ends_the_session_of_somebody_else(database: Database, room: Room) -> None:
    async with database.write() as conn:
        ada, eve = await room.ada(conn), await room.ada(conn)
        opened = await room.open(conn, ada)
        assert not await room.sessions.end(conn, eve.id, opened.session.id)
        assert await room.sessions.find(conn, opened.secret)


def test_a_csrf_token_belongs_to_one_session(room: Room) -> None:
    token = room.sessions.csrf_token("secret")
    assert room.sessions.is_csrf_token("secret", token)
    for wrong in ("", token[:-1], token + "0", room.sessions.csrf_token("other"), "é"):
        assert not room.sessions.is_csrf_token("secret", wrong)
    assert "secret" not in token


def test_a_device_is_known_by_its_account(room: Room) -> None:
    assert room.sessions.device_mark("Ada@Example.com ") == room.sessions.device_mark("ada@example.com")
    assert room.sessions.device_mark("ada@example.com") != room.sessions.device_mark("eve@example.com")


async def test_a_session_that_ends_at_the_same_moment_lets_nobody_in(database: Database, room: Room) -> None:
    async with database.write() as conn:
        user = await room.ada(conn)
        opened = await room.open(conn, user)

    async def let_in() -> None:
        async with database.write() as conn:
            await room.sessions.confirm(conn, opened)

    await let_in()
    async with database.write() as conn:
        await hold(conn, "access")
        coming = asyncio.create_task(let_in())
        await asyncio.sleep(0.05)
        assert not coming.done()  # it waits to see what becomes of its session
        await room.sessions.end_all(conn, user.id)
    with pytest.raises(NotSignedIn, match="session has ended"):
        await coming
