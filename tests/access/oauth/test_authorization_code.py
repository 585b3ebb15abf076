"""The authorization code: one minute, one use, one client, one verifier."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.oauth.records import Issued
from aigne_hub.access.oauth.tokens import ACCESS_S
from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import CALLBACK, SCOPES, Room, code_of, good

pytestmark = pytest.mark.anyio

VERIFIER = "v" * 43


async def test_a_code_gives_tokens_that_work(room: Room) -> None:
    user, app = await room.user(), await room.client()
    issued = good(await room.redeem_code(app, await room.code(app, user, VERIFIER), VERIFIER))
    assert issued.access.startswith("hubat_") and issued.refresh is not None and issued.refresh.startswith("hubrt_")
    assert (issued.scopes, issued.expires_in_s) == (SCOPES, ACCESS_S)
    caller = await room.caller(issued.access)
    assert caller is not None and caller.user.id == user.id and caller.rights.scopes == SCOPES
    assert issued.access not in repr(issued)


async def test_a_code_is_good_for_a_minute(room: Room) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    room.clock.advance(60)
    assert code_of(await room.redeem_code(app, code, VERIFIER)) == "invalid_grant"
    code = await room.code(app, user, VERIFIER)
    room.clock.advance(59)
    good(await room.redeem_code(app, code, VERIFIER))


async def test_a_code_shown_again_ends_the_tokens_it_gave_and_those_refreshed_since(room: Room) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    first = good(await room.redeem_code(app, code, VERIFIER))
    second = good(await room.refresh(app, first.refresh))
    assert code_of(await room.redeem_code(app, code, VERIFIER)) == "invalid_grant"
    assert await room.caller(first.access) is None
    assert await room.caller(second.access) is None
    assert code_of(await room.refresh(app, second.refresh)) == "invalid_grant"
    (row,) = await room.journal_of("token.revoke_family")
    assert row.after is not None and "its code was shown twice" in row.after


async def test_another_client_cannot_use_a_code_nor_end_what_came_of_it(room: Room) -> None:
    user, app, other = await room.user(), await room.client(), await room.client(name="Other")
    code = await room.code(app, user, VERIFIER)
    assert code_of(await room.redeem_code(other, code, VERIFIER)) == "invalid_grant"
    issued = good(await room.redeem_code(app, code, VERIFIER))
    assert code_of(await room.redeem_code(other, code, VERIFIER)) == "invalid_grant"
    assert await room.caller(issued.access) is not None


@pytest.mark.parametrize("verifier", ["w" * 43, "", "v" * 42, "v" * 129, "v" * 42 + "!", "V" * 43])
async def test_a_code_without_its_verifier_gives_nothing(room: Room, verifier: str) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    assert code_of(await room.redeem_code(app, code, verifier)) == "invalid_grant"


@pytest.mark.parametrize("uri", [CALLBACK + "/", "https://app.example/CB", "https://app.example/cb?a=b", ""])
async def test_the_redirect_uri_is_repeated_exactly(room: Room, uri: str) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    assert code_of(await room.redeem_code(app, code, VERIFIER, redirect_uri=uri)) == "invalid_grant"
    good(await room.redeem_code(app, code, VERIFIER))


async def test_a_redirect_uri_that_was_left_out_may_be_left_out_again(room: Room) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER, redirect_uri="")
    good(await room.redeem_code(app, code, VERIFIER, redirect_uri=""))


async def test_a_code_of_a_user_disabled_since_gives_nothing(room: Room) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    async with room.database.write() as conn:
        await room.users.change(conn, SYSTEM, user.id, is_disabled=True)
    assert code_of(await room.redeem_code(app, code, VERIFIER)) == "invalid_grant"


async def test_what_a_client_lost_since_is_not_in_the_token(room: Room) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, app.client.id, scopes=frozenset({next(iter(SCOPES))}))
    outcome = await room.redeem_code(app, code, VERIFIER)
    assert isinstance(outcome, Issued) and len(outcome.scopes) == 1


async def test_a_code_does_not_outlive_what_was_taken_back_though_it_was_allowed_again(room: Room) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    async with room.database.write() as conn:
        ((one, _),) = await room.server.authorizations.list(conn, user.id)
        await room.server.authorizations.end(conn, SYSTEM, user.id, one.id)
    assert await room.caller((await room.issued(app, user)).access)
    assert code_of(await room.redeem_code(app, code, VERIFIER)) == "invalid_grant"


async def test_of_many_who_come_with_a_code_at_once_one_gets_tokens_and_they_end(room: Room) -> None:
    user, app = await room.user(), await room.client()
    code = await room.code(app, user, VERIFIER)
    outcomes = await asyncio.gather(*(room.redeem_code(app, code, VERIFIER) for _ in range(5)))
    (got,) = [one for one in outcomes if isinstance(one, Issued)]
    assert await room.caller(got.access) is None  # the code was in two hands
