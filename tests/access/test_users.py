"""Adding and changing users, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aigne_hub.access.identity import Role, UserId, UserKind
from aigne_hub.access.signin import store as signin_store
from aigne_hub.access.signin.sessions import Sessions
from aigne_hub.access.users import Users, checked_email
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
VAULT = Vault(bytes(32))
IDS = IdSource(CLOCK, 1)


@pytest.fixture
def users() -> Users:
    return Users(CLOCK, IDS, Journal(VAULT, CLOCK))


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b"])
async def test_a_name_has_a_length(database: Database, users: Users, name: str) -> None:
    async with database.write() as conn:
        with pytest.raises(BadRequest, match="1 to 100"):
            await users.add(conn, SYSTEM, name, role=Role.member)


async def test_an_email_address_belongs_to_one_user_whatever_its_case(database: Database, users: Users) -> None:
    async with database.write() as conn:
        ada = await users.add(conn, SYSTEM, "Ada", role=Role.member, email=" Ada@Example.com ")
        assert ada.email == "ada@example.com"
        with pytest.raises(Conflict, match=r"ada@example\.com"):
            await users.add(conn, SYSTEM, "Eve", role=Role.member, email="ADA@example.com")


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@b.c", "a b@c.d", "a@b..c", "a@b\nbcc: x@y.z", "a@" + "b" * 260])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(BadRequest):
        checked_email(email)


async def test_a_new_role_signs_out_everywhere_and_is_noted(database: Database, users: Users) -> None:
    async with database.write() as conn:
        ada = await users.add(conn, SYSTEM, "Ada", role=Role.member)
        await Sessions(VAULT, CLOCK, IDS).open(conn, ada, method="password", address=None, user_agent="")
        await users.change(conn, SYSTEM, ada.id, name="Ada L.")
        assert len(await signin_store.list_sessions(conn, ada.id, live_at=CLOCK.now_ms())) == 1
        changed = await users.change(conn, SYSTEM, ada.id, role=Role.admin)
        assert (changed.role, changed.name) == (Role.admin, "Ada L.")
        assert await signin_store.list_sessions(conn, ada.id, live_at=CLOCK.now_ms()) == []
        rows = await audit_store.rows_after(conn, 0, 10)
    assert [row.action for row in rows] == ["user.create", "user.change", "user.change"]
    assert rows[-1].before is not None and '"role": "member"' in rows[-1].before
    assert rows[-1].after is not None and '"role": "admin"' in rows[-1].after


async def test_disabling_signs_out_and_enabling_does_not_sign_in(database: Database, users: Users) -> None:
    sessions = Sessions(VAULT, CLOCK, IDS)
    async with database.write() as conn:
        ada = await users.add(conn, SYSTEM, "Ada", role=Role.member)
        opened = await sessions.open(conn, ada, method="password", address=None, user_agent="")
        assert await sessions.find(conn, opened.secret)
        await users.change(conn, SYSTEM, ada.id, is_disabled=True)
        assert await sessions.find(conn, opened.secret) is None
        await users.change(conn, SYSTEM, ada.id, is_disabled=False)
        assert await sessions.find(conn, opened.secret) is None


async def test_a_user_disabled_while_they_are_renamed_stays_disabled(database: Database, users: Users) -> None:
    async def change(user_id: UserId, **changes: Any) -> None:
        async with database.write() as conn:
            await users.change(conn, SYSTEM, user_id, **changes)

    for _ in range(5):
        async with database.write() as conn:
            ada = await users.add(conn, SYSTEM, "Ada", role=Role.member)
        await asyncio.gather(change(ada.id, is_disabled=True), change(ada.id, name="Ada L."))
        async with database.read() as conn:
            changed = await users.find(conn, ada.id)
        assert changed.disabled_ms is not None and changed.name == "Ada L."


async def test_the_last_owner_stays(database: Database, users: Users) -> None:
    async with database.write() as conn:
        first = await users.add(conn, SYSTEM, "Olga", role=Role.owner)
        with pytest.raises(Conflict, match="last owner"):
            await users.change(conn, SYSTEM, first.id, role=Role.admin)
        with pytest.raises(Conflict, match="last owner"):
            await users.change(conn, SYSTEM, first.id, is_disabled=True)
        await users.add(conn, SYSTEM, "Oskar", role=Role.owner)
        assert (await users.change(conn, SYSTEM, first.id, role=Role.admin)).role is Role.admin


async def test_a_service_account_is_no_owner(database: Database, users: Users) -> None:
    async with database.write() as conn:
        with pytest.raises(BadRequest, match="service account"):
            await users.add(conn, SYSTEM, "Robot", role=Role.owner, kind=UserKind.service)
        robot = await users.add(conn, SYSTEM, "Robot", role=Role.member, kind=UserKind.service)
        with pytest.raises(BadRequest, match="service account"):
            await users.change(conn, SYSTEM, robot.id, role=Role.owner)


async def test_nobody_is_not_found(database: Database, users: Users) -> None:
    async with database.write() as conn:
        with pytest.raises(NotFound):
            await users.change(conn, SYSTEM, UserId(6), role=Role.admin)
