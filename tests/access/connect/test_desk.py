"""The connect flow as its desk sees it: how long a session lives, and what it gives, to whom."""

from __future__ import annotations

import pytest

from aigne_hub.access.connect.desk import ConnectDesk
from aigne_hub.access.identity import Caller, Means, Role
from aigne_hub.access.keys import Keys
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn, Database
from tests.connect_client import decrypt_as_client

pytestmark = pytest.mark.anyio

VAULT = Vault(bytes(32))


class Room:
    def __init__(self) -> None:
        self.clock = StoppedClock()
        ids, journal = IdSource(self.clock, 1), Journal(VAULT, self.clock)
        self.users = Users(self.clock, ids, journal)
        self.desk = ConnectDesk(VAULT, self.clock, Keys(VAULT, self.clock, ids, journal), journal)

    async def person(self, conn: Conn, role: Role = Role.admin) -> Caller:
        user = await self.users.add(conn, SYSTEM, "Ada", role=role)
        return Caller(user, role, Means.session, 1)


@pytest.fixture
def room() -> Room:
    return Room()


async def test_a_client_gets_the_key_it_waited_for(database: Database, room: Room) -> None:
    async with database.write() as conn:
        session = await room.desk.begin(conn)
        assert (await room.desk.fetch(conn, SYSTEM, session.id)).encrypted is None
        person = await room.person(conn)
        key = await room.desk.authorize(conn, SYSTEM, person, session.id, source="the CLI\n", roles=[])
        fetched = await room.desk.fetch(conn, SYSTEM, session.id)
    assert fetched.encrypted is not None
    secret = decrypt_as_client(fetched.encrypted, challenge=session.challenge, key_id=str(key.id))
    assert VAULT.digest(secret) == key.digest
    assert (key.name, key.role, key.created_via) == ("the CLI", Role.admin, "connect")
    assert secret not in repr(fetched)


@pytest.mark.parametrize(
    ("roles", "role"),
    [([], Role.member), (["owner", "admin"], Role.member), (["member"], Role.member), (["root", ""], Role.member)],
)
async def test_a_client_gets_no_role_that_the_person_lacks(
    database: Database, room: Room, roles: list[str], role: Role
) -> None:
    async with database.write() as conn:
        session, person = await room.desk.begin(conn), await room.person(conn, Role.member)
        key = await room.desk.authorize(conn, SYSTEM, person, session.id, source="x", roles=roles)
    assert key.role is role


async def test_a_session_serves_one_key(database: Database, room: Room) -> None:
    async with database.write() as conn:
        session, person = await room.desk.begin(conn), await room.person(conn)
        await room.desk.authorize(conn, SYSTEM, person, session.id, source="x", roles=[])
        with pytest.raises(Conflict) as refused:
            await room.desk.authorize(conn, SYSTEM, person, session.id, source="x", roles=[])
    assert refused.value.code == "connect_used"


async def test_a_session_lives_ten_minutes(database: Database, room: Room) -> None:
    async with database.write() as conn:
        session, person = await room.desk.begin(conn), await room.person(conn)
        room.clock.advance(599)
        assert await room.desk.fetch(conn, SYSTEM, session.id)
        room.clock.advance(1)
        with pytest.raises(BadRequest, match="expired"):
            await room.desk.authorize(conn, SYSTEM, person, session.id, source="x", roles=[])
        room.clock.advance(1)
        await room.desk.begin(conn)  # sweeps what has ended
        with pytest.raises(NotFound):
            await room.desk.fetch(conn, SYSTEM, session.id)


async def test_a_fetched_key_is_gone_after_a_minute(database: Database, room: Room) -> None:
    async with database.write() as conn:
        session, person = await room.desk.begin(conn), await room.person(conn)
        await room.desk.authorize(conn, SYSTEM, person, session.id, source="x", roles=[])
        await room.desk.fetch(conn, SYSTEM, session.id)
        room.clock.advance(59)
        assert (await room.desk.fetch(conn, SYSTEM, session.id)).encrypted
        room.clock.advance(1)
        with pytest.raises(BadRequest):
            await room.desk.fetch(conn, SYSTEM, session.id)


async def test_a_session_that_was_ended_is_gone(database: Database, room: Room) -> None:
    async with database.write() as conn:
        session = await room.desk.begin(conn)
        assert await room.desk.end(conn, session.id)
        assert not await room.desk.end(conn, session.id)
        with pytest.raises(NotFound):
            await room.desk.fetch(conn, SYSTEM, session.id)
