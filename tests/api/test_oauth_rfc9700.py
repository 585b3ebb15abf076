"""The best current practice for OAuth 2.0 security (RFC 9700), recommendation by recommendation, through the door."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.identity import Scope
from tests.oauth_app import answered, challenge_of, refusals, register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_2_1_redirect_uris_are_compared_character_by_character(hub: RunningHub) -> None:
    app = await register(hub, redirect_uris=("https://app.example/cb",))
    for uri in (
        "https://app.example/cb/",
        "https://app.example/cb?x",
        "https://APP.example/cb",
        "https://app.example:443/cb",
    ):
        assert (await app.authorize(redirect_uri=uri)).status_code == 400, uri


async def test_2_1_the_hub_is_no_open_redirector(hub: RunningHub) -> None:
    app = await register(hub)
    answer = await app.authorize(client_id="hubc_unknown", redirect_uri="https://evil.example/")
    assert (answer.status_code, "location" in answer.headers) == (400, False)


async def test_2_1_1_pkce_is_needed_of_public_and_confidential_clients(hub: RunningHub) -> None:
    for is_public in (True, False):
        app = await register(hub, is_public=is_public)
        bare = await app.authorize(code_challenge=None, code_challenge_method=None)
        assert answered(bare.headers["location"])["error"] == "invalid_request"


async def test_2_1_1_pkce_takes_only_the_method_that_hides_the_verifier(hub: RunningHub) -> None:
    app = await register(hub)
    plain = await app.authorize(code_challenge="v" * 43, code_challenge_method="plain")
    assert answered(plain.headers["location"])["error"] == "invalid_request"
    by_default = await app.authorize(code_challenge="v" * 43, code_challenge_method=None)
    assert answered(by_default.headers["location"])["error"] == "invalid_request"


async def test_2_1_2_no_token_comes_from_the_authorization_endpoint(hub: RunningHub) -> None:
    app = await register(hub)
    for kind in ("token", "code token", "id_token"):
        back = await app.authorize(response_type=kind)
        assert answered(back.headers["location"])["error"] == "unsupported_response_type"


async def test_2_2_2_refresh_tokens_of_public_clients_are_rotated(hub: RunningHub) -> None:
    app = await register(hub)
    first = await app.tokens()
    second = (await app.refresh(first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await app.refresh(first["refresh_token"])).status_code == 400
    assert (await app.refresh(second["refresh_token"])).status_code == 400


async def test_2_3_a_token_holds_the_scopes_that_were_allowed_and_no_more(hub: RunningHub) -> None:
    app = await register(hub, scopes=frozenset(Scope))
    tokens = await app.tokens(hub.owner, scope="models.read")
    headers = hub.bearer(tokens["access_token"])
    assert (await hub.http.get("/v1/models", headers=headers)).status_code == 200
    for path in ("/api/oauth-clients", "/api/user/model-calls", "/api/access-keys"):
        assert (await hub.http.get(path, headers=headers)).status_code == 403, path
    assert (await hub.ask(authorization=headers["authorization"])).status_code == 403


async def test_2_4_the_password_grant_is_not_there(hub: RunningHub) -> None:
    app = await register(hub)
    answer = await app.token(grant_type="password", username="max@example.com", password="secret")
    assert answer.json()["error"] == "unsupported_grant_type"


async def test_4_2_4_no_code_or_ticket_leaks_by_the_referrer(hub: RunningHub) -> None:
    app = await register(hub)
    assert (await app.authorize(client_id="x")).headers["referrer-policy"] == "no-referrer"


async def test_4_4_every_answer_names_its_issuer_against_mix_up(hub: RunningHub) -> None:
    app = await register(hub)
    assert (await app.consent())["iss"] == hub.url
    assert (await app.consent(allow=False))["iss"] == hub.url
    refused = await app.authorize(scope="nonsense")
    assert answered(refused.headers["location"])["iss"] == hub.url
    metadata = (await hub.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["issuer"] == hub.url
    assert metadata["authorization_response_iss_parameter_supported"] is True


async def test_4_5_an_injected_code_is_worth_nothing_without_its_verifier(hub: RunningHub) -> None:
    app = await register(hub)
    stolen = (await app.consent())["code"]
    app.request()  # the attacker's own session, with its own verifier
    assert (await app.redeem(stolen)).json()["error"] == "invalid_grant"
    assert len(await refusals(hub)) == 1


async def test_4_7_the_state_comes_back_as_it_was_sent(hub: RunningHub) -> None:
    app = await register(hub)
    state = 'a b&c=d#"<é>'
    back = await app.consent(ticket=await app.ticket(state=state))
    assert back["state"] == state


async def test_4_8_a_verifier_is_refused_where_no_challenge_was_made(hub: RunningHub) -> None:
    """The downgrade: there is no code without a challenge, so a code never comes without its verifier."""
    app = await register(hub)
    code = (await app.consent())["code"]
    answer = await app.redeem(code, code_verifier="")
    assert answer.json()["error"] == "invalid_grant"


async def test_4_10_a_code_is_used_once_by_whoever_is_first(hub: RunningHub) -> None:
    app = await register(hub)
    code = (await app.consent())["code"]
    answers = await asyncio.gather(*(app.redeem(code) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [200, 400, 400, 400, 400]


async def test_4_12_a_form_is_redirected_with_303_so_that_no_browser_posts_it_on(hub: RunningHub) -> None:
    app = await register(hub)
    for changes in ({}, {"scope": "nonsense"}):
        answer = await hub.http.post("/oauth/authorize", data=app.request(**changes))
        assert answer.status_code == 303


async def test_4_14_refresh_tokens_are_bound_to_their_client(hub: RunningHub) -> None:
    app, other = await register(hub), await register(hub)
    tokens = await app.tokens()
    assert (await other.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await app.refresh(tokens["refresh_token"])).status_code == 200


async def test_4_15_a_client_is_never_taken_for_a_person(hub: RunningHub) -> None:
    """Client ids are ours, and no application acts as a person by its own credentials."""
    body = {
        "name": "Robot", "isPublic": False, "grants": ["client_credentials"], "scopes": ["inference"],
        "serviceAccountId": str(hub.member.id),
    }  # fmt: skip
    answer = await hub.http.post("/api/oauth-clients", json=body, headers=hub.bearer(hub.owner_key))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "serviceAccountId")


async def test_4_16_nobody_frames_what_a_person_decides_on(hub: RunningHub) -> None:
    app = await register(hub)
    page = await app.authorize(client_id="x")
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_a_token_is_not_taken_from_the_url_into_an_answer(hub: RunningHub) -> None:
    app = await register(hub)
    code = (await app.consent())["code"]
    answer = await hub.http.post(f"/oauth/token?code={code}", data={"client_id": app.client_id})
    assert (answer.status_code, code in answer.text) == (400, False)


def test_the_challenge_of_the_rfc_is_ours() -> None:
    """RFC 7636 appendix B."""
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
