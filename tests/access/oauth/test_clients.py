"""Clients: what they can be, how they are known, and what ends with them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from aigne_hub.access.identity import Role, Scope, UserKind
from aigne_hub.access.oauth.clients import ClientProof, client_actor
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Grant
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from tests.access.oauth.room import ANYONE, SCOPES, Room, code_of, good

pytestmark = pytest.mark.anyio

MACHINE = frozenset({Grant.client_credentials})


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


async def test_a_secret_is_seen_once_and_kept_as_a_keyed_hash(room: Room) -> None:
    made = await room.client()
    assert made.secret is not None and made.secret.startswith("hubcs_")
    assert made.secret not in repr(made) and made.client.secret_hint == made.secret[-4:]
    (row,) = await room.journal_of("client.create")
    assert made.secret not in (row.after or "")
    assert (await room.client(is_public=True)).secret is None


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"name": " "}, "name"),
        ({"redirect_uris": ()}, "redirectUris"),
        ({"redirect_uris": ("http://app.example/cb",)}, "redirectUris"),
        ({"grants": frozenset()}, "grants"),
        ({"grants": frozenset({Grant.refresh_token})}, "grants"),
        ({"grants": MACHINE}, "serviceAccountId"),
        ({"grants": MACHINE, "is_public": True}, "grants"),
        ({"scopes": frozenset()}, "scopes"),
    ],
)
async def test_what_a_client_cannot_be(room: Room, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        await room.client(**changes)
    assert refused.value.param == param


async def test_a_client_acts_as_a_service_account_and_as_no_person(room: Room) -> None:
    person, robot = await room.user(), await room.user("Robot", kind=UserKind.service)
    with pytest.raises(BadRequest, match="service account"):
        await room.client(grants=MACHINE, service_account_id=person.id)
    with pytest.raises(BadRequest, match="client_credentials"):
        await room.client(service_account_id=robot.id)


async def test_a_client_is_known_by_its_secret(room: Room) -> None:
    made, public = await room.client(), await room.client(is_public=True)
    clients, known = room.server.clients, made.client.client_id
    async with room.database.read() as conn:
        assert await clients.authenticate(conn, ClientProof(known, made.secret)) == made.client
        assert await clients.authenticate(conn, ClientProof(public.client.client_id, None)) == public.client
        for proof in (
            ClientProof(known, None),
            ClientProof(known, "hubcs_wrong"),
            ClientProof(known, "x" * 300),
            ClientProof("hubc_unknown", made.secret),
            ClientProof("c" * 100, made.secret),
            ClientProof(public.client.client_id, "hubcs_any"),
        ):
            with pytest.raises(OAuthError) as refused:
                await clients.authenticate(conn, proof)
            assert (refused.value.code, refused.value.status) == ("invalid_client", 401)
            assert refused.value.refused_as == "oauth.refuse"


def test_what_a_client_shows_is_read_from_header_or_body() -> None:
    body = Parameters([("client_id", "a"), ("client_secret", "b")])
    assert ClientProof.read(None, body) == ClientProof("a", "b")
    assert ClientProof.read(basic("a:b%20c%3A"), Parameters([])) == ClientProof("a", "b c:")
    assert ClientProof.read(basic("a:b"), Parameters([("client_id", "a")])) == ClientProof("a", "b")
    assert "b" not in repr(ClientProof("a", "b")).replace("ClientProof", "")
    for authorization, asked, error in (
        (None, Parameters([]), "invalid_client"),
        (basic("a:b"), body, "invalid_request"),
        (basic("a:b"), Parameters([("client_id", "other")]), "invalid_request"),
        ("Basic !!", Parameters([]), "invalid_client"),
        (basic("no-colon"), Parameters([]), "invalid_client"),
        ("Digest x", Parameters([]), "invalid_client"),
        ("Basic /w==", Parameters([]), "invalid_client"),
    ):
        with pytest.raises(OAuthError) as refused:
            ClientProof.read(authorization, asked)
        assert refused.value.code == error


async def test_a_rotated_secret_replaces_the_one_before(room: Room) -> None:
    made = await room.client()
    async with room.database.write() as conn:
        rotated = await room.server.clients.rotate_secret(conn, SYSTEM, made.client.id)
        assert await room.server.clients.authenticate(conn, ClientProof(made.client.client_id, rotated.secret))
        with pytest.raises(OAuthError):
            await room.server.clients.authenticate(conn, ClientProof(made.client.client_id, made.secret))
    public = await room.client(is_public=True)
    with pytest.raises(Conflict):
        async with room.database.write() as conn:
            await room.server.clients.rotate_secret(conn, SYSTEM, public.client.id)


async def test_a_client_switched_off_loses_its_tokens_for_good(room: Room) -> None:
    user, made = await room.user(), await room.client()
    issued = await room.issued(made, user)
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, made.client.id, is_disabled=True)
    assert await room.caller(issued.access) is None
    assert code_of(await room.refresh(made, issued.refresh)) == "invalid_client"
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, made.client.id, is_disabled=False)
    assert await room.caller(issued.access) is None
    assert code_of(await room.refresh(made, issued.refresh)) == "invalid_grant"


async def test_a_removed_client_takes_everything_with_it(room: Room) -> None:
    user, made = await room.user(), await room.client()
    issued = await room.issued(made, user)
    async with room.database.write() as conn:
        await room.server.clients.remove(conn, SYSTEM, made.client.id)
        assert await room.server.authorizations.list(conn, user.id) == []
        with pytest.raises(NotFound):
            await room.server.clients.find(conn, made.client.id)
    assert await room.caller(issued.access) is None
    assert code_of(await room.refresh(made, issued.refresh)) == "invalid_client"


async def test_a_client_that_may_do_less_has_less_at_once(room: Room) -> None:
    user, made = await room.user(), await room.client()
    issued = await room.issued(made, user)
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, made.client.id, scopes=frozenset({Scope.inference}))
    assert await room.caller(issued.access) is None
    assert good(await room.refresh(made, issued.refresh)).scopes == {Scope.inference}


async def test_a_change_of_name_ends_nothing(room: Room) -> None:
    user, made = await room.user(role=Role.admin), await room.client()
    issued = await room.issued(made, user)
    async with room.database.write() as conn:
        changed = await room.server.clients.change(conn, SYSTEM, made.client.id, name="Other", scopes=SCOPES)
        assert await room.server.clients.change(conn, SYSTEM, made.client.id, name="Other") == changed
    assert await room.caller(issued.access) is not None
    assert len(await room.journal_of("client.change")) == 1


async def test_the_journal_names_a_client_with_where_it_asked_from(room: Room) -> None:
    made = await room.client()
    actor = client_actor(made.client, ANYONE)
    assert (actor.kind, actor.id, actor.address) == ("client", made.client.id, ANYONE.address)
