"""Who keeps the hub from being shut to its owners, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Role, User
from aigne_hub.access.owners import refuse_lockout, why_owner_stays
from aigne_hub.access.preferences import PreferenceBook
from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.signin.sso import store as sso_store
from aigne_hub.access.signin.sso.claims import Person
from aigne_hub.access.signin.sso.identities import Identities
from aigne_hub.access.signin.sso.issuers import IssuerBook, IssuerDraft
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import Conflict
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn, Database

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
VAULT = Vault(bytes(32))
IDS = IdSource(CLOCK, 1)
JOURNAL = Journal(VAULT, CLOCK)
USERS = Users(CLOCK, IDS, JOURNAL)
ISSUERS = IssuerBook(VAULT, CLOCK, IDS, JOURNAL)
IDENTITIES = Identities(CLOCK, IDS, USERS, JOURNAL)
PREFERENCES = PreferenceBook(CLOCK, JOURNAL)


async def corp(conn: Conn) -> Issuer:
    draft = IssuerDraft("Corp", "https://i.example", "hub", role_claim="g", role_map={"board": Role.owner})
    return await ISSUERS.add(conn, SYSTEM, Role.owner, draft)


async def owners(conn: Conn, issuer: Issuer) -> tuple[User, User]:
    """One owner who comes in from an issuer, and one who has a password."""
    olga = await IDENTITIES.user_of(conn, SYSTEM, issuer, Person("s-olga", "Olga", None, Role.owner))
    await signin_store.set_password(conn, olga.id, "h")
    oskar = await USERS.add(conn, SYSTEM, "Oskar", role=Role.owner)
    await signin_store.set_password(conn, oskar.id, "h")
    return olga, oskar


def code_of(problem: Conflict | None) -> str | None:
    return None if problem is None else problem.code


async def test_the_last_owner_stays_and_of_two_either_may_go(database: Database) -> None:
    async with database.write() as conn:
        olga = await USERS.add(conn, SYSTEM, "Olga", role=Role.owner)
        assert code_of(await why_owner_stays(conn, olga.id)) == "last_owner"
        oskar = await USERS.add(conn, SYSTEM, "Oskar", role=Role.owner)
        assert [await why_owner_stays(conn, one.id) for one in (olga, oskar)] == [None, None]


async def test_without_passwords_the_last_owner_who_can_come_in_is_kept(database: Database) -> None:
    async with database.write() as conn:
        olga, oskar = await owners(conn, issuer := await corp(conn))
        await PREFERENCES.change(conn, SYSTEM, local_sign_in=False)
        (identity,) = await sso_store.list_own_identities(conn, olga.id)
    for change in (
        lambda conn: USERS.change(conn, SYSTEM, olga.id, role=Role.admin),
        lambda conn: USERS.change(conn, SYSTEM, olga.id, is_disabled=True),
        lambda conn: IDENTITIES.unlink(conn, SYSTEM, olga.id, identity.id),
        lambda conn: ISSUERS.remove(conn, SYSTEM, Role.owner, issuer.id),
        lambda conn: ISSUERS.change(conn, SYSTEM, Role.owner, issuer.id, IssuerDraft(is_enabled=False)),
    ):
        with pytest.raises(Conflict, match="no owner could sign in") as refused:
            async with database.write() as conn:
                await change(conn)
        assert refused.value.code == "last_way_in"
    async with database.write() as conn:
        assert (await USERS.change(conn, SYSTEM, oskar.id, role=Role.admin)).role is Role.admin
        assert (await USERS.find(conn, olga.id)).role is Role.owner


async def test_an_owner_goes_once_another_comes_in_from_an_issuer(database: Database) -> None:
    async with database.write() as conn:
        olga, oskar = await owners(conn, issuer := await corp(conn))
        await PREFERENCES.change(conn, SYSTEM, local_sign_in=False)
        await IDENTITIES.link(conn, SYSTEM, issuer, Person("s-oskar", "Oskar", None, None), oskar)
        assert (await USERS.change(conn, SYSTEM, olga.id, is_disabled=True)).disabled_ms is not None
        assert code_of(await why_owner_stays(conn, oskar.id)) == "last_owner"


async def test_an_issuer_does_not_unmake_the_last_owner_who_can_come_in(database: Database) -> None:
    async with database.write() as conn:
        await owners(conn, issuer := await corp(conn))
        await PREFERENCES.change(conn, SYSTEM, local_sign_in=False)
        claimed = Person("s-olga", "Olga", None, Role.guest)
        assert (await IDENTITIES.user_of(conn, SYSTEM, issuer, claimed)).role is Role.owner
        await PREFERENCES.change(conn, SYSTEM, local_sign_in=True)
        assert (await IDENTITIES.user_of(conn, SYSTEM, issuer, claimed)).role is Role.guest


async def test_a_lockout_is_refused_only_when_nothing_else_lets_in(database: Database) -> None:
    async with database.write() as conn:
        await refuse_lockout(conn)
        await user_store.write_preferences(conn, {"local_sign_in": False}, CLOCK.now_ms())
        with pytest.raises(Conflict):
            await refuse_lockout(conn)
        await owners(conn, await corp(conn))
        await refuse_lockout(conn)
