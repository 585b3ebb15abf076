"""Clients that register themselves: only when an admin lets them, and never for much."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.records import Grant
from aigne_hub.access.oauth.registration import Registered, Registration
from aigne_hub.access.oauth.scopes import SELF_SERVICE
from aigne_hub.access.preferences import PreferenceBook
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import Unavailable
from tests.access.oauth.room import ANYONE, CALLBACK, Room

pytestmark = pytest.mark.anyio


async def switch_on(room: Room) -> None:
    book = PreferenceBook(room.clock, Journal(Vault(bytes(32)), room.clock))
    async with room.database.write() as conn:
        await book.change(conn, SYSTEM, dynamic_registration=True)


async def register(room: Room, **metadata: Any) -> Registered:
    async with room.database.write() as conn:
        return await room.server.registration.register(conn, ANYONE, {"redirect_uris": [CALLBACK], **metadata})


async def test_nobody_registers_unless_an_admin_switched_it_on(room: Room) -> None:
    with pytest.raises(OAuthError) as refused:
        await register(room)
    assert (refused.value.code, refused.value.status, refused.value.refused_as) == (
        "access_denied",
        403,
        "oauth.refuse",
    )


async def test_a_client_is_what_it_says_as_far_as_we_know_it(room: Room) -> None:
    await switch_on(room)
    made = await register(
        room,
        client_name="My tool",
        token_endpoint_auth_method="none",
        grant_types=["authorization_code", "refresh_token"],
        logo_uri="https://app.example/logo.png",
        scope="inference admin profile",
    )
    client = made.made.client
    assert (client.name, client.is_public, client.is_dynamic, made.made.secret) == ("My tool", True, True, None)
    assert client.grants == {Grant.authorization_code, Grant.refresh_token}
    assert client.scopes == {Scope.inference}  # it cannot give itself an administrator's


async def test_what_it_does_not_say_is_as_the_rfc_has_it(room: Room) -> None:
    await switch_on(room)
    made = await register(room)
    assert made.method == "client_secret_basic"
    assert made.made.client.grants == {Grant.authorization_code}
    assert made.made.client.scopes == SELF_SERVICE and made.made.secret is not None


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://evil.example"]}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://app.example"}, "invalid_client_metadata"),
        ({"redirect_uris": [7]}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"scope": "admin"}, "invalid_client_metadata"),
        ({"client_name": "x" * 101}, "invalid_client_metadata"),
    ],
)
async def test_what_cannot_be_is_refused_in_the_words_of_the_rfc(
    room: Room, metadata: dict[str, Any], error: str
) -> None:
    await switch_on(room)
    with pytest.raises(OAuthError) as refused:
        await register(room, **metadata)
    assert refused.value.code == error


async def test_only_so_many_register_and_the_unused_are_forgotten(room: Room) -> None:
    await switch_on(room)
    used, _ = await register(room), await register(room)
    narrow = Registration(room.server.clients, most=2)
    with pytest.raises(Unavailable):
        async with room.database.write() as conn:
            await narrow.register(conn, ANYONE, {"redirect_uris": [CALLBACK]})
    await room.issued(used.made, await room.user())
    async with room.database.write() as conn:
        now_ms = room.clock.now_ms() + 1
        assert await store.forget_ended(conn, tokens_before=0, clients_before=0, unused_before=now_ms) == 1
        assert await store.count_dynamic(conn) == 1
        assert await narrow.register(conn, ANYONE, {"redirect_uris": [CALLBACK]})
