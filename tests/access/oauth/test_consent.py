"""Asking the person: what they see, and what their answer does."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Role, Scope
from aigne_hub.access.oauth.errors import Unverified
from aigne_hub.access.tickets.desk import TicketRefused
from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import ANYONE, CALLBACK, ISSUER, SCOPES, Room
from tests.oauth_app import answered

pytestmark = pytest.mark.anyio

VERIFIER = "v" * 43


async def test_a_person_sees_who_asks_for_what_and_whether_they_know_them(room: Room) -> None:
    user, app = await room.user(), await room.client()
    ticket = await room.ticket(app, VERIFIER)
    async with room.database.write() as conn:
        question = await room.server.consents.open(conn, ticket, user)
        assert (question.client, question.scopes, question.redirect_uri) == (app.client, SCOPES, CALLBACK)
        assert not question.is_known
    await room.issued(app, user)
    async with room.database.read() as conn:
        assert (await room.server.consents.open(conn, ticket, user)).is_known


async def test_a_no_goes_back_as_access_denied(room: Room) -> None:
    user, app = await room.user(), await room.client()
    ticket = await room.ticket(app, VERIFIER)
    async with room.database.write() as conn:
        url = await room.server.consents.answer(conn, ANYONE, ticket, user, is_allowed=False)
        assert await room.server.authorizations.list(conn, user.id) == []
    back = answered(url)
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "s1", ISSUER)
    assert len(await room.journal_of("authorization.deny")) == 1


async def test_a_request_is_answered_once_and_within_ten_minutes(room: Room) -> None:
    user, app = await room.user(), await room.client()
    used, old = await room.ticket(app, VERIFIER), await room.ticket(app, VERIFIER)
    async with room.database.write() as conn:
        await room.server.consents.answer(conn, ANYONE, used, user, is_allowed=True)
    room.clock.advance(600)
    for ticket, code in ((used, "link_used"), (old, "link_expired"), ("nonsense", "link_invalid")):
        with pytest.raises(TicketRefused) as refused:
            async with room.database.write() as conn:
                await room.server.consents.answer(conn, ANYONE, ticket, user, is_allowed=True)
        assert refused.value.code == code


async def test_a_person_allows_no_more_than_they_have_a_use_of(room: Room) -> None:
    member, admin = await room.user(), await room.user("Bea", Role.admin)
    app = await room.client(scopes=frozenset({Scope.admin}))
    ticket = await room.ticket(app, VERIFIER)
    async with room.database.write() as conn:
        assert (await room.server.consents.open(conn, ticket, admin)).scopes == {Scope.admin}
        assert (await room.server.consents.open(conn, ticket, member)).scopes == frozenset()
        url = await room.server.consents.answer(conn, ANYONE, ticket, member, is_allowed=True)
    assert answered(url)["error"] == "access_denied"


async def test_a_client_that_changed_meanwhile_gets_no_answer(room: Room) -> None:
    user, app = await room.user(), await room.client()
    ticket = await room.ticket(app, VERIFIER)
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, app.client.id, redirect_uris=["https://app.example/new"])
    with pytest.raises(Unverified):
        async with room.database.write() as conn:
            await room.server.consents.answer(conn, ANYONE, ticket, user, is_allowed=True)
