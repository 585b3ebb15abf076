"""Refreshing: each refresh token once, and a second time for nobody."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.identity import Role, Scope
from aigne_hub.access.oauth.records import Grant, Issued
from aigne_hub.access.oauth.tokens import ACCESS_S, FAMILY_S, REFRESH_S
from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import SCOPES, Room, code_of, good

pytestmark = pytest.mark.anyio


async def test_refreshing_gives_other_tokens_and_the_old_access_token_lives_out_its_hour(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    second = good(await room.refresh(app, first.refresh))
    assert {first.access, first.refresh}.isdisjoint({second.access, second.refresh})
    assert await room.caller(first.access) and await room.caller(second.access)
    room.clock.advance(ACCESS_S)
    assert await room.caller(first.access) is None and await room.caller(second.access) is None
    good(await room.refresh(app, second.refresh))


async def test_a_refresh_token_used_twice_ends_its_family_for_good(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    second = good(await room.refresh(app, first.refresh))
    other = await room.issued(app, user)
    assert code_of(await room.refresh(app, first.refresh)) == "invalid_grant"
    assert await room.caller(second.access) is None
    assert code_of(await room.refresh(app, second.refresh)) == "invalid_grant"
    assert await room.caller(other.access) is not None  # another family is none of it
    assert [row.actor.kind for row in await room.journal_of("token.revoke_family")] == ["client"]


async def test_of_many_who_refresh_at_once_at_most_one_gets_tokens(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    outcomes = await asyncio.gather(*(room.refresh(app, first.refresh) for _ in range(5)))
    got = [one for one in outcomes if isinstance(one, Issued)]
    assert len(got) == 1
    assert await room.caller(got[0].access) is None  # it was in two hands


async def test_a_refresh_token_expires_thirty_days_after_it_was_given(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    room.clock.advance(REFRESH_S - 1)
    second = good(await room.refresh(app, first.refresh))
    room.clock.advance(REFRESH_S)
    assert code_of(await room.refresh(app, second.refresh)) == "invalid_grant"


async def test_after_ninety_days_a_person_is_asked_again_however_often_it_was_refreshed(room: Room) -> None:
    user, app = await room.user(), await room.client()
    issued = await room.issued(app, user)
    for _ in range(3):
        room.clock.advance(25 * 86_400)
        issued = good(await room.refresh(app, issued.refresh))
        assert issued.expires_in_s == ACCESS_S
    room.clock.advance(FAMILY_S - 75 * 86_400 - 60)
    last = good(await room.refresh(app, issued.refresh))
    assert last.expires_in_s == 60  # nor does an access token outlive the family
    room.clock.advance(59)
    assert await room.caller(last.access) is not None
    room.clock.advance(1)
    assert await room.caller(last.access) is None
    assert code_of(await room.refresh(app, last.refresh)) == "invalid_grant"
    good(await room.refresh(app, (await room.issued(app, user)).refresh))


async def test_a_refresh_may_ask_for_less_and_later_for_all_again_but_never_for_more(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    less = good(await room.refresh(app, first.refresh, scope="inference"))
    assert less.scopes == {Scope.inference}
    assert code_of(await room.refresh(app, less.refresh, scope="inference admin")) == "invalid_scope"
    again = good(await room.refresh(app, less.refresh))  # the refusal did not use it up
    assert again.scopes == SCOPES


async def test_a_refresh_token_is_of_one_client(room: Room) -> None:
    user, app, other = await room.user(), await room.client(), await room.client(name="Other")
    first = await room.issued(app, user)
    assert code_of(await room.refresh(other, first.refresh)) == "invalid_grant"
    good(await room.refresh(app, first.refresh))


@pytest.mark.parametrize("token", ["hubrt_unknown", "x", "hubrt_" + "a" * 500])
async def test_what_is_no_refresh_token_is_refused(room: Room, token: str) -> None:
    app = await room.client()
    assert code_of(await room.refresh(app, token)) == "invalid_grant"


async def test_an_access_token_refreshes_nothing(room: Room) -> None:
    user, app = await room.user(), await room.client()
    issued = await room.issued(app, user)
    assert code_of(await room.refresh(app, issued.access)) == "invalid_grant"
    assert await room.caller(issued.refresh or "") is None


async def test_a_user_who_was_disabled_or_took_it_back_is_refreshed_no_more(room: Room) -> None:
    user, app = await room.user(), await room.client()
    disabled = await room.issued(app, user)
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, user.id, is_disabled=True)
    assert code_of(await room.refresh(app, disabled.refresh)) == "invalid_grant"
    assert await room.caller(disabled.access) is None
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, user.id, is_disabled=False)
    ended = await room.issued(app, user)
    async with room.database.write() as conn:
        ((one, _),) = await room.server.authorizations.list(conn, user.id)
        await room.server.authorizations.end(conn, SYSTEM, user.id, one.id)
    assert code_of(await room.refresh(app, ended.refresh)) == "invalid_grant"
    assert await room.caller(ended.access) is None


async def test_a_token_does_not_wait_for_its_user_to_become_an_admin(room: Room) -> None:
    user, app = await room.user(), await room.client(scopes=SCOPES | {Scope.admin})
    issued = await room.issued(app, user)
    assert issued.scopes == SCOPES
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, user.id, role=Role.admin)
    assert good(await room.refresh(app, issued.refresh)).scopes == SCOPES


async def test_a_client_without_the_grant_gets_no_refresh_token(room: Room) -> None:
    user, app = await room.user(), await room.client(grants=frozenset({Grant.authorization_code}))
    issued = await room.issued(app, user)
    assert issued.refresh is None
    assert code_of(await room.refresh(app, "hubrt_x")) == "unauthorized_client"
