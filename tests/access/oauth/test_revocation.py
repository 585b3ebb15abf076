"""Giving a token back."""

from __future__ import annotations

import pytest

from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.records import NewClient
from tests.access.oauth.room import ANYONE, Room, code_of, good

pytestmark = pytest.mark.anyio


async def revoke(room: Room, made: NewClient, secret: str) -> None:
    async with room.database.write() as conn:
        await room.server.revocations.revoke(conn, ANYONE, made.client, secret)


async def test_an_access_token_ends_alone(room: Room) -> None:
    user, app = await room.user(), await room.client()
    issued = await room.issued(app, user)
    await revoke(room, app, issued.access)
    assert await room.caller(issued.access) is None
    good(await room.refresh(app, issued.refresh))


async def test_a_refresh_token_takes_its_family_with_it(room: Room) -> None:
    user, app = await room.user(), await room.client()
    first = await room.issued(app, user)
    second = good(await room.refresh(app, first.refresh))
    await revoke(room, app, second.refresh or "")
    assert await room.caller(first.access) is None and await room.caller(second.access) is None
    assert code_of(await room.refresh(app, second.refresh)) == "invalid_grant"


async def test_what_is_unknown_or_ended_is_well_revoked(room: Room) -> None:
    user, app = await room.user(), await room.client()
    issued = await room.issued(app, user)
    for secret in ("nonsense", "hubat_unknown", issued.access, issued.access, issued.refresh or "", "blocklet-x"):
        await revoke(room, app, secret)
    assert len(await room.journal_of("token.revoke")) == 1


async def test_a_client_cannot_end_the_tokens_of_another(room: Room) -> None:
    user, app, other = await room.user(), await room.client(), await room.client(name="Other")
    issued = await room.issued(app, user)
    with pytest.raises(OAuthError) as refused:
        await revoke(room, other, issued.access)
    assert (refused.value.code, refused.value.refused_as) == ("unauthorized_client", "oauth.refuse")
    assert await room.caller(issued.access) is not None
