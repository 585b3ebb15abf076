"""Which part of the authorization server a token request is for."""

from __future__ import annotations

import pytest

from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import Room, code_of, good

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("grant", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", "x"])
async def test_a_grant_we_do_not_give_is_refused(room: Room, grant: str) -> None:
    assert code_of(await room.redeem(await room.client(), grant_type=grant)) == "unsupported_grant_type"


@pytest.mark.parametrize(
    "grant", ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
)
async def test_what_a_grant_needs_must_be_there(room: Room, grant: str) -> None:
    assert code_of(await room.redeem(await room.client(), grant_type=grant)) == "invalid_request"
    assert code_of(await room.redeem(await room.client())) == "invalid_request"


async def test_tokens_are_for_this_hub_alone(room: Room) -> None:
    made = await room.machine()
    here = await room.redeem(made, grant_type="client_credentials", resource="https://hub.example/v1")
    assert good(here)
    there = await room.redeem(made, grant_type="client_credentials", resource="https://other.example")
    assert code_of(there) == "invalid_target"


async def test_a_client_switched_off_since_it_was_known_gets_nothing(room: Room) -> None:
    made = await room.machine()
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, made.client.id, is_disabled=True)
    assert code_of(await room.redeem(made, grant_type="client_credentials")) == "invalid_client"
