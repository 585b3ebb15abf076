"""The users and keys in memory: what they allow, and for how long."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Caller, NewKey, Role, User
from aigne_hub.access.keys import Registry
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import NotSignedIn, Unavailable
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions

pytestmark = pytest.mark.anyio

VAULT = Vault(bytes(32))


class Desk:
    """A registry and a snapshot of one database, on one stopped clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StoppedClock()
        self.registry = Registry(VAULT, self.clock, IdSource(self.clock, 1))
        self.snapshot = AccessSnapshot(VAULT, self.clock, stale_s=300)

    async def look(self) -> None:
        async with self.database.read() as conn:
            await self.snapshot.load(conn, (await read_versions(conn))["access"])
        self.snapshot.confirm()

    async def person(self, role: Role, key_role: Role, expires_in_s: int | None = None) -> tuple[User, NewKey]:
        async with self.database.write() as conn:
            user = await self.registry.add_user(conn, "Ada", role=role)
            key = await self.registry.create_key(conn, user.id, "k", role=key_role, expires_in_s=expires_in_s)
        await self.look()
        return user, key

    def refusal(self, bearer: str | None) -> str:
        with pytest.raises(NotSignedIn) as refused:
            self.snapshot.identify(bearer)
        return refused.value.code


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_a_key_is_known_by_its_secret_alone(desk: Desk) -> None:
    user, made = await desk.person(Role.member, Role.member)
    assert desk.snapshot.identify(made.secret) == Caller(user, made.key, Role.member)
    assert desk.refusal(made.secret + "x") == "invalid_api_key"
    assert desk.refusal(made.key.digest.hex()) == "invalid_api_key"
    assert desk.refusal(None) == "missing_api_key"
    assert desk.refusal("") == "invalid_api_key"
    assert desk.refusal("blocklet-" + "é" * 10) == "invalid_api_key"


@pytest.mark.parametrize(
    ("user_role", "key_role", "role"),
    [
        (Role.owner, Role.member, Role.member),
        (Role.member, Role.owner, Role.member),
        (Role.guest, Role.admin, Role.guest),
        (Role.admin, Role.admin, Role.admin),
    ],
)
async def test_a_caller_is_no_more_than_the_user_and_the_key(
    desk: Desk, user_role: Role, key_role: Role, role: Role
) -> None:
    _, made = await desk.person(user_role, key_role)
    assert desk.snapshot.identify(made.secret).role is role


async def test_an_expired_key_is_refused(desk: Desk) -> None:
    _, made = await desk.person(Role.member, Role.member, expires_in_s=60)
    desk.clock.advance(59)
    assert desk.snapshot.identify(made.secret)
    desk.clock.advance(1)
    assert desk.refusal(made.secret) == "invalid_api_key"


async def test_a_revoked_key_is_refused_after_the_next_look(desk: Desk) -> None:
    _, made = await desk.person(Role.member, Role.member)
    assert desk.snapshot.identify(made.secret)
    async with desk.database.write() as conn:
        await desk.registry.revoke_key(conn, made.key.id)
    await desk.look()
    assert desk.refusal(made.secret) == "invalid_api_key"


async def test_a_changed_role_is_the_callers_after_the_next_look(desk: Desk) -> None:
    user, made = await desk.person(Role.member, Role.admin)
    async with desk.database.write() as conn:
        await desk.registry.set_role(conn, user.id, Role.admin)
    await desk.look()
    assert desk.snapshot.identify(made.secret).role is Role.admin


async def test_keys_work_from_memory_for_a_bounded_time_and_then_it_is_an_outage(desk: Desk) -> None:
    _, made = await desk.person(Role.member, Role.member)
    desk.clock.advance(299)
    assert desk.snapshot.identify(made.secret)
    desk.clock.advance(2)
    with pytest.raises(Unavailable):
        desk.snapshot.identify(made.secret)
    with pytest.raises(Unavailable):
        desk.snapshot.identify("blocklet-unknown")
    await desk.look()
    assert desk.snapshot.identify(made.secret)


async def test_uses_are_taken_once(desk: Desk) -> None:
    _, made = await desk.person(Role.member, Role.member)
    desk.snapshot.identify(made.secret)
    desk.clock.advance(1)
    desk.snapshot.identify(made.secret)
    assert desk.snapshot.take_used() == [(made.key.id, desk.clock.now_ms())]
    assert desk.snapshot.take_used() == []


async def test_many_keys_are_loaded_in_parts(desk: Desk) -> None:
    async with desk.database.write() as conn:
        user = await desk.registry.add_user(conn, "Ada", role=Role.member)
        made = [await desk.registry.create_key(conn, user.id, f"k{n}", role=Role.member) for n in range(2500)]
    await desk.look()
    assert [desk.snapshot.identify(one.secret).key.id for one in made] == [one.key.id for one in made]
