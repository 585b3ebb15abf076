"""A client acting for itself, as its service account."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role, Scope, UserKind
from aigne_hub.access.oauth.records import Grant
from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import SCOPES, Room, code_of, good

pytestmark = pytest.mark.anyio


async def test_it_acts_as_its_service_account_and_gets_no_refresh_token(room: Room) -> None:
    account = await room.user("Robot", kind=UserKind.service)
    issued = good(await room.redeem(await room.machine(account), grant_type="client_credentials"))
    assert issued.refresh is None and issued.scopes == SCOPES
    caller = await room.caller(issued.access)
    assert caller is not None and (caller.user.id, caller.role) == (account.id, Role.member)


async def test_it_may_ask_for_less_and_not_for_more(room: Room) -> None:
    made = await room.machine()
    less = good(await room.redeem(made, grant_type="client_credentials", scope="inference"))
    assert less.scopes == {Scope.inference}
    assert code_of(await room.redeem(made, grant_type="client_credentials", scope="admin")) == "invalid_scope"


async def test_an_account_that_was_disabled_ends_its_tokens_and_gets_none(room: Room) -> None:
    account = await room.user("Robot", kind=UserKind.service)
    made = await room.machine(account)
    issued = good(await room.redeem(made, grant_type="client_credentials"))
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, account.id, is_disabled=True)
    assert await room.caller(issued.access) is None
    assert code_of(await room.redeem(made, grant_type="client_credentials")) == "invalid_grant"


async def test_another_account_ends_the_tokens_of_the_one_before(room: Room) -> None:
    made, other = await room.machine(), await room.user("Other", kind=UserKind.service)
    issued = good(await room.redeem(made, grant_type="client_credentials"))
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, made.client.id, service_account_id=other.id)
    assert await room.caller(issued.access) is None
    caller = await room.caller(good(await room.redeem(made, grant_type="client_credentials")).access)
    assert caller is not None and caller.user.id == other.id


async def test_a_client_without_the_grant_is_refused(room: Room) -> None:
    made = await room.client(grants=frozenset({Grant.authorization_code}))
    assert code_of(await room.redeem(made, grant_type="client_credentials")) == "unauthorized_client"
