"""The users and keys in memory: what they allow, and for how long."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from aigne_hub.access.identity import Caller, Means, NewKey, Rights, Role, User
from aigne_hub.access.keys import Keys
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import NotAllowed, NotSignedIn, Unavailable
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
        ids, journal = IdSource(self.clock, 1), Journal(VAULT, self.clock)
        self.users = Users(self.clock, ids, journal)
        self.keys = Keys(VAULT, self.clock, ids, journal)
        self.snapshot = AccessSnapshot(VAULT, self.clock, stale_s=300)

    async def look(self) -> None:
        async with self.database.read() as conn:
            await self.snapshot.load(conn, (await read_versions(conn))["access"])
        self.snapshot.confirm()

    async def person(self, role: Role, key_role: Role, expires_in_s: int | None = None) -> tuple[User, NewKey]:
        async with self.database.write() as conn:
            user = await self.users.add(conn, SYSTEM, "Ada", role=role)
            key = await self.keys.create(conn, SYSTEM, user.id, "k", role=key_role, expires_in_s=expires_in_s)
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
    assert desk.snapshot.identify(made.secret) == Caller(user, Role.member, Means.key, made.key.id)
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
        await desk.keys.revoke(conn, SYSTEM, made.key.id)
    await desk.look()
    assert desk.refusal(made.secret) == "invalid_api_key"


async def test_a_changed_role_is_the_callers_after_the_next_look(desk: Desk) -> None:
    user, made = await desk.person(Role.member, Role.admin)
    async with desk.database.write() as conn:
        await desk.users.change(conn, SYSTEM, user.id, role=Role.admin)
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
    desk.snapshot.identify(made.secret, "192.0.2.1")
    desk.clock.advance(1)
    desk.snapshot.identify(made.secret, "192.0.2.2")
    assert desk.snapshot.take_used() == [(made.key.id, desk.clock.now_ms(), "192.0.2.2")]
    assert desk.snapshot.take_used() == []


async def test_many_keys_are_loaded_in_parts(desk: Desk) -> None:
    async with desk.database.write() as conn:
        user = await desk.users.add(conn, SYSTEM, "Ada", role=Role.member)
        made = [await desk.keys.create(conn, SYSTEM, user.id, f"k{n}", role=Role.member) for n in range(2500)]
    await desk.look()
    assert [desk.snapshot.identify(one.secret).means_id for one in made] == [one.key.id for one in made]


async def test_both_secrets_of_a_rotated_key_work_until_the_overlap_ends(desk: Desk) -> None:
    _, old = await desk.person(Role.member, Role.member)
    async with desk.database.write() as conn:
        new = await desk.keys.rotate(conn, SYSTEM, old.key.id, overlap_s=60)
    await desk.look()
    assert desk.snapshot.identify(old.secret).means_id == desk.snapshot.identify(new.secret).means_id
    desk.clock.advance(60)
    assert desk.refusal(old.secret) == "invalid_api_key"
    desk.snapshot.forget_ended()
    assert desk.snapshot.identify(new.secret)


async def test_a_second_rotation_ends_the_oldest_secret(desk: Desk) -> None:
    _, first = await desk.person(Role.member, Role.member)
    async with desk.database.write() as conn:
        second = await desk.keys.rotate(conn, SYSTEM, first.key.id, overlap_s=600)
        await desk.keys.rotate(conn, SYSTEM, first.key.id, overlap_s=600)
    await desk.look()
    assert desk.refusal(first.secret) == "invalid_api_key"
    assert desk.snapshot.identify(second.secret)


async def test_a_key_bound_to_addresses_is_refused_elsewhere(desk: Desk) -> None:
    user, _ = await desk.person(Role.member, Role.member)
    rights = Rights(networks=(ip_network("10.0.0.0/8"),))
    async with desk.database.write() as conn:
        made = await desk.keys.create(conn, SYSTEM, user.id, "office", role=Role.member, rights=rights)
    await desk.look()
    assert desk.snapshot.identify(made.secret, "10.0.0.9").rights == rights
    with pytest.raises(NotAllowed):
        desk.snapshot.identify(made.secret, "192.0.2.1")
    with pytest.raises(NotAllowed):
        desk.snapshot.identify(made.secret, None)


async def test_what_has_ended_is_forgotten(desk: Desk) -> None:
    _, short = await desk.person(Role.member, Role.member, expires_in_s=10)
    _, long = await desk.person(Role.member, Role.member)
    desk.clock.advance(11)
    desk.snapshot.forget_ended()
    assert desk.refusal(short.secret) == "invalid_api_key"
    assert desk.snapshot.identify(long.secret)
