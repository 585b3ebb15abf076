"""Whose account an issuer's person is, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.signin.sso import store
from aigne_hub.access.signin.sso.claims import Person
from aigne_hub.access.signin.sso.identities import Identities
from aigne_hub.access.signin.sso.issuers import IssuerBook, IssuerDraft
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn, Database

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
VAULT = Vault(bytes(32))
IDS = IdSource(CLOCK, 1)
JOURNAL = Journal(VAULT, CLOCK)
USERS = Users(CLOCK, IDS, JOURNAL)
IDENTITIES = Identities(CLOCK, IDS, USERS, JOURNAL)


async def issuer(conn: Conn) -> Issuer:
    draft = IssuerDraft(
        name="Corp", url="https://i.example", client_id="hub", role_claim="g", role_map={"board": Role.owner}
    )
    return await IssuerBook(VAULT, CLOCK, IDS, JOURNAL).add(conn, SYSTEM, Role.owner, draft)


async def test_the_last_owner_stays_owner_whatever_the_issuer_says(database: Database) -> None:
    async with database.write() as conn:
        corp = await issuer(conn)
        first = await IDENTITIES.user_of(conn, SYSTEM, corp, Person("s-1", "Olga", None, Role.owner))
        assert first.role is Role.owner
        again = await IDENTITIES.user_of(conn, SYSTEM, corp, Person("s-1", "Olga", None, Role.guest))
        assert (again.id, again.role) == (first.id, Role.owner)
        await USERS.add(conn, SYSTEM, "Oskar", role=Role.owner)
        lowered = await IDENTITIES.user_of(conn, SYSTEM, corp, Person("s-1", "Olga", None, Role.guest))
        assert lowered.role is Role.guest


async def test_a_subject_is_another_person_at_another_issuer(database: Database) -> None:
    async with database.write() as conn:
        one, two = await issuer(conn), await issuer(conn)
        ann = await IDENTITIES.user_of(conn, SYSTEM, one, Person("s-1", "Ann", None, Role.member))
        bob = await IDENTITIES.user_of(conn, SYSTEM, two, Person("s-1", "Bob", None, Role.member))
        assert ann.id != bob.id


async def test_an_address_that_belongs_to_somebody_makes_no_account(database: Database) -> None:
    async with database.write() as conn:
        corp = await issuer(conn)
        await USERS.add(conn, SYSTEM, "Ann", role=Role.member, email="ann@example.com")
        with pytest.raises(Conflict) as refused:
            await IDENTITIES.user_of(conn, SYSTEM, corp, Person("s-1", "Ann", "ann@example.com", None))
        assert refused.value.code == "account_exists"


async def test_linking_twice_is_linking_once_and_unlinking_keeps_a_way_in(database: Database) -> None:
    async with database.write() as conn:
        corp = await issuer(conn)
        ann = await USERS.add(conn, SYSTEM, "Ann", role=Role.member)
        bob = await USERS.add(conn, SYSTEM, "Bob", role=Role.member)
        person = Person("s-1", "Ann", None, None)
        linked = await IDENTITIES.link(conn, SYSTEM, corp, person, ann)
        assert await IDENTITIES.link(conn, SYSTEM, corp, person, ann) == linked
        with pytest.raises(Conflict, match="another account"):
            await IDENTITIES.link(conn, SYSTEM, corp, person, bob)
        with pytest.raises(NotFound):
            await IDENTITIES.unlink(conn, SYSTEM, bob.id, linked.id)
        with pytest.raises(Conflict, match="only way in"):
            await IDENTITIES.unlink(conn, SYSTEM, ann.id, linked.id)
        await signin_store.set_password(conn, ann.id, "a hash")
        await IDENTITIES.unlink(conn, SYSTEM, ann.id, linked.id)
        assert await store.list_own_identities(conn, ann.id) == []
