"""The authorization request: what is told to the person alone, what to the client, and what is asked."""

from __future__ import annotations

import pytest

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth.authorization_request import AnswerPlace, AuthorizationRequest, checked_request, verified
from aigne_hub.access.oauth.errors import OAuthError, Unverified
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import NewClient
from aigne_hub.audit.records import SYSTEM
from tests.access.oauth.room import CALLBACK, ISSUER, SCOPES, Room
from tests.oauth_app import answered, challenge_of

pytestmark = pytest.mark.anyio


def pairs(made: NewClient, **changes: str) -> list[tuple[str, str]]:
    values = {
        "client_id": made.client.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "code_challenge": challenge_of("v" * 43),
        "code_challenge_method": "S256",
        "state": "s1",
        **changes,
    }
    return list(values.items())


async def ask(room: Room, asked: Parameters) -> AuthorizationRequest:
    async with room.database.read() as conn:
        client, place = await verified(conn, asked, ISSUER)
    return checked_request(asked, client, place)


async def test_a_request_is_kept_as_it_was_asked(room: Room) -> None:
    made = await room.client()
    request = await ask(room, Parameters(pairs(made, scope="inference")))
    assert request.scopes == {Scope.inference}
    assert request.is_redirect_given
    assert AuthorizationRequest.of_payload(request.as_payload()) == request
    assert (await ask(room, Parameters(pairs(made)))).scopes == SCOPES


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": ""},
        {"client_id": "hubc_unknown"},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": CALLBACK + "?x=1"},
        {"redirect_uri": CALLBACK + "/../x"},
        {"redirect_uri": CALLBACK + "#x"},
    ],
)
async def test_nothing_is_sent_where_nobody_registered(room: Room, changes: dict[str, str]) -> None:
    made = await room.client()
    with pytest.raises(Unverified):
        await ask(room, Parameters(pairs(made, **changes)))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_a_client_named_twice_is_nobody(room: Room, name: str) -> None:
    made = await room.client()
    with pytest.raises(Unverified):
        await ask(room, Parameters([*pairs(made), (name, CALLBACK)]))


async def test_a_client_that_was_switched_off_or_removed_is_nobody(room: Room) -> None:
    made = await room.client()
    async with room.database.write() as conn:
        await room.server.clients.change(conn, SYSTEM, made.client.id, is_disabled=True)
    with pytest.raises(Unverified):
        await ask(room, Parameters(pairs(made)))


async def test_of_several_redirect_uris_one_must_be_named(room: Room) -> None:
    made = await room.client(redirect_uris=(CALLBACK, "https://app.example/other"))
    with pytest.raises(Unverified):
        await ask(room, Parameters(pairs(made, redirect_uri="")))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": "  "}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "=" * 43}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "interaction_required"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "urn:x"}, "request_uri_not_supported"),
        ({"resource": "https://other.example/"}, "invalid_target"),
        ({"resource": ISSUER + ".evil.example/"}, "invalid_target"),
        ({"state": "s" * 2001}, "invalid_request"),
    ],
)
async def test_what_cannot_be_done_is_told_to_the_client(room: Room, changes: dict[str, str], error: str) -> None:
    made = await room.client()
    with pytest.raises(OAuthError) as refused:
        await ask(room, Parameters(pairs(made, **changes)))
    assert refused.value.code == error
    assert not isinstance(refused.value, Unverified)


@pytest.mark.parametrize("resource", [ISSUER, ISSUER + "/", ISSUER + "/v1"])
async def test_the_hub_itself_may_be_named_as_the_resource(room: Room, resource: str) -> None:
    assert await ask(room, Parameters(pairs(await room.client(), resource=resource)))


async def test_a_parameter_given_twice_is_refused(room: Room) -> None:
    made = await room.client()
    with pytest.raises(OAuthError) as refused:
        await ask(room, Parameters([*pairs(made), ("scope", "inference"), ("scope", "models.read")]))
    assert refused.value.code == "invalid_request"


def test_an_answer_keeps_the_query_of_its_address_and_names_us() -> None:
    place = AnswerPlace("https://app.example/cb?tenant=7", "a b&c", ISSUER)
    url = place.url({"code": "x"})
    assert url.startswith("https://app.example/cb?tenant=7&code=x")
    assert answered(url) == {"tenant": "7", "code": "x", "state": "a b&c", "iss": ISSUER}
    assert answered(AnswerPlace("com.example.app:/cb", None, ISSUER).url({"code": "x"})) == {"code": "x", "iss": ISSUER}
