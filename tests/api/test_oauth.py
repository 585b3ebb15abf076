"""The protocol endpoints of OAuth through the door: every grant, and every way it is refused."""

from __future__ import annotations

import asyncio
import base64

import pytest

from aigne_hub.access.identity import Role, Scope, UserKind
from aigne_hub.access.oauth.records import Grant
from aigne_hub.audit.records import SYSTEM
from tests.oauth_app import CALLBACK, SCOPES, App, answered, refusals, register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

DEVICE = Grant.device_code.value
FORM = {"content-type": "application/x-www-form-urlencoded"}


async def calls_with(hub: RunningHub, token: str) -> int:
    return (await hub.ask(authorization=f"Bearer {token}")).status_code


async def ends(hub: RunningHub, token: str) -> None:
    """Wait until a token has ended."""
    async with asyncio.timeout(10):
        while await calls_with(hub, token) != 401:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("is_public", [True, False])
async def test_a_code_becomes_a_token_that_calls_a_model(hub_on_both: RunningHub, is_public: bool) -> None:
    hub = hub_on_both
    app = await register(hub, is_public=is_public)
    back = await app.consent()
    assert (back["state"], back["iss"]) == (app.state, hub.url)
    answer = await app.redeem(back["code"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["scope"] == "inference models.read"
    assert await calls_with(hub, tokens["access_token"]) == 200
    assert (await hub.call()).user_id == hub.member.id
    denied = await hub.http.get("/api/user/model-calls", headers=hub.bearer(tokens["access_token"]))
    assert (denied.status_code, denied.json()["code"]) == (403, "insufficient_scope")
    assert denied.headers["www-authenticate"].startswith('Bearer error="insufficient_scope"')
    listed = await hub.http.get("/v1/models", headers=hub.bearer(tokens["access_token"]))
    assert listed.status_code == 200


async def test_a_replayed_code_is_refused_and_ends_its_tokens_in_the_running_hub(hub: RunningHub) -> None:
    app = await register(hub)
    code = (await app.consent())["code"]
    token = (await app.redeem(code)).json()["access_token"]
    assert await calls_with(hub, token) == 200
    again = await app.redeem(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    await ends(hub, token)
    assert len(await refusals(hub)) == 1


async def test_a_reused_refresh_token_is_refused_and_ends_its_family_in_the_running_hub(hub: RunningHub) -> None:
    app = await register(hub, is_public=False)
    first = await app.tokens()
    second = (await app.refresh(first["refresh_token"])).json()
    again = await app.refresh(first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    await ends(hub, second["access_token"])
    assert (await app.refresh(second["refresh_token"])).status_code == 400
    assert len(await refusals(hub)) == 2


async def test_codes_tokens_and_devices_of_another_client_are_refused_and_noted(hub: RunningHub) -> None:
    app, other = await register(hub), await register(hub)
    code = (await app.consent())["code"]
    other.verifier = app.verifier
    tokens = await app.tokens()
    started = (await app.post("/oauth/device_authorization")).json()
    for answer, error in (
        (await other.redeem(code), "invalid_grant"),
        (await other.refresh(tokens["refresh_token"]), "invalid_grant"),
        (await other.token(grant_type=DEVICE, device_code=started["device_code"]), "invalid_grant"),
        (await other.post("/oauth/revoke", token=tokens["access_token"]), "unauthorized_client"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert len(await refusals(hub)) == 4
    assert await calls_with(hub, tokens["access_token"]) == 200


async def test_a_problem_with_client_or_address_is_shown_and_never_redirected(hub: RunningHub) -> None:
    app = await register(hub)
    for changes in (
        {"client_id": "hubc_<script>"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": "javascript:alert(1)"},
    ):
        for method in ("GET", "POST"):
            asked = app.request(**changes)
            answer = await hub.http.request(
                method,
                "/oauth/authorize",
                **{"params" if method == "GET" else "data": asked},  # type: ignore[arg-type]
            )
            assert answer.status_code == 400
            assert "location" not in answer.headers
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["x-frame-options"] == "DENY"
            assert "<script" not in answer.text and "evil.example" not in answer.text
    assert len(await refusals(hub)) == 8


async def test_what_no_client_can_be_named_is_refused_on_both_databases(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    app = await register(hub)
    assert (await app.authorize(client_id="hubc_\x00")).status_code == 400
    form = {"grant_type": "refresh_token", "refresh_token": "hubrt_\x00"}
    named = await hub.http.post("/oauth/token", data={**form, "client_id": "hubc_\x00"})
    basic = [base64.b64encode(b"a%00b:x"), b"\xff\xfe", base64.b64encode(b"\xff:x"), b"x"]
    shown = [
        await hub.http.post("/oauth/token", data=form, headers={b"authorization": b"Basic " + one}) for one in basic
    ]
    assert [one.json()["error"] for one in (named, *shown)] == ["invalid_client"] * 5
    assert len(await refusals(hub)) == 6


async def test_a_client_nobody_vouched_for_sends_nobody_anywhere_by_a_bad_request(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.preferences.change(conn, SYSTEM, dynamic_registration=True)
    body = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "client_name": "Tool"}
    made = (await hub.http.post("/oauth/register", json=body)).json()
    app = await register(hub)
    refused = await app.authorize(client_id=made["client_id"], code_challenge_method=None)
    assert (refused.status_code, "location" in refused.headers) == (400, False)
    assert "PKCE is needed" in refused.text
    assert (await app.authorize(client_id=made["client_id"])).status_code == 302  # to our own page


async def test_any_other_problem_goes_back_to_the_client(hub: RunningHub) -> None:
    app = await register(hub)
    answer = await app.authorize(response_type="token")
    assert answer.status_code == 302
    back = answered(answer.headers["location"])
    assert (back["error"], back["state"], back["iss"]) == ("unsupported_response_type", app.state, hub.url)
    posted = await hub.http.post("/oauth/authorize", data=app.request(scope="admin"))
    assert (posted.status_code, answered(posted.headers["location"])["error"]) == (303, "invalid_scope")


async def test_a_request_by_form_leads_to_the_same_page(hub: RunningHub) -> None:
    app = await register(hub)
    answer = await hub.http.post("/oauth/authorize", data=app.request())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/consent?request=")
    ticket = answer.headers["location"].partition("=")[2]
    assert (await app.redeem((await app.consent(ticket=ticket))["code"])).status_code == 200


async def test_one_address_asks_only_so_often(hub: RunningHub) -> None:
    app = await register(hub)
    answers = [await app.authorize() for _ in range(61)]
    assert [one.status_code for one in answers[-2:]] == [302, 429]


async def test_a_client_authenticates_by_header_or_form_and_by_one_of_them(hub: RunningHub) -> None:
    account = await service_account(hub)
    app = await machine(hub, account.id)
    secret = app.made.secret or ""
    form = {"grant_type": "client_credentials"}

    async def asked(authorization: str | None, **more: str) -> tuple[int, str]:
        headers = {"authorization": authorization} if authorization else {}
        answer = await hub.http.post("/oauth/token", data={**form, **more}, headers=headers)
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Basic ")
        return answer.status_code, answer.json().get("error", "")

    def basic(client: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{client}:{password}".encode()).decode()

    assert await asked(basic(app.client_id, secret)) == (200, "")
    assert await asked(None, client_id=app.client_id, client_secret=secret) == (200, "")
    assert await asked(basic(app.client_id, secret), client_secret=secret) == (400, "invalid_request")
    assert await asked(basic(app.client_id, "hubcs_wrong")) == (401, "invalid_client")
    assert await asked(basic("hubc_unknown", secret)) == (401, "invalid_client")
    assert await asked(None, client_id=app.client_id) == (401, "invalid_client")
    assert await asked(None) == (401, "invalid_client")
    assert await asked(f"Bearer {hub.owner_key}") == (401, "invalid_client")
    assert len(await refusals(hub)) == 5


async def test_a_service_account_gets_a_token_for_itself(hub: RunningHub) -> None:
    account = await service_account(hub)
    answer = await (await machine(hub, account.id)).token(grant_type="client_credentials")
    assert "refresh_token" not in answer.json()
    assert await calls_with(hub, answer.json()["access_token"]) == 200
    assert (await hub.call()).user_id == account.id


async def test_a_request_that_is_no_form_or_says_a_thing_twice_is_refused(hub: RunningHub) -> None:
    app = await register(hub)
    as_json = await hub.http.post("/oauth/token", json={"grant_type": "refresh_token"})
    twice = await hub.http.post(
        "/oauth/token", content=f"client_id={app.client_id}&grant_type=a&grant_type=b", headers=FORM
    )
    named_twice = await hub.http.post("/oauth/token", content="client_id=a&client_id=b", headers=FORM)
    in_query = await hub.http.post(f"/oauth/token?client_id={app.client_id}", data={"grant_type": "refresh_token"})
    for answer in (as_json, twice, named_twice):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert set(answer.json()) == {"error", "error_description"}
    assert in_query.status_code == 401  # what a URL says is in logs, and does not count
    assert (await hub.http.get("/oauth/token")).status_code == 405


async def test_a_device_is_allowed_at_the_console_and_gets_its_tokens(hub: RunningHub) -> None:
    app = await register(hub)
    started = await app.post("/oauth/device_authorization", scope="inference")
    found = started.json()
    assert (started.status_code, found["interval"], found["expires_in"]) == (200, 5, 600)
    assert found["verification_uri"] == f"{hub.url}/device"
    assert found["verification_uri_complete"] == f"{hub.url}/device?user_code={found['user_code']}"
    pending = await app.token(grant_type=DEVICE, device_code=found["device_code"])
    fast = await app.token(grant_type=DEVICE, device_code=found["device_code"])
    assert [one.json()["error"] for one in (pending, fast)] == ["authorization_pending", "slow_down"]
    assert await refusals(hub) == []  # to wait is no refusal
    unknown = await app.token(grant_type=DEVICE, device_code="nonsense")
    assert unknown.json()["error"] == "invalid_grant"
    assert len(await refusals(hub)) == 1


async def test_a_client_without_the_grant_starts_no_device(hub: RunningHub) -> None:
    app = await register(hub, grants=frozenset({Grant.authorization_code}))
    answer = await app.post("/oauth/device_authorization")
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")
    foreign = await (await register(hub)).post("/oauth/device_authorization", resource="https://x.example")
    assert foreign.json()["error"] == "invalid_target"


async def test_a_token_given_back_ends_in_the_running_hub(hub: RunningHub) -> None:
    app = await register(hub)
    tokens = await app.tokens()
    assert await calls_with(hub, tokens["access_token"]) == 200
    answer = await app.post("/oauth/revoke", token=tokens["refresh_token"], token_type_hint="access_token")
    assert answer.status_code == 200
    await ends(hub, tokens["access_token"])
    assert (await app.post("/oauth/revoke", token="nonsense")).status_code == 200
    assert (await app.post("/oauth/revoke")).json()["error"] == "invalid_request"


async def test_a_confidential_client_learns_of_its_own_tokens_and_an_admin_of_all(hub: RunningHub) -> None:
    app, other, public = await register(hub, is_public=False), await register(hub, is_public=False), await register(hub)
    token = (await app.tokens())["access_token"]
    mine = (await app.post("/oauth/introspect", token=token)).json()
    assert (mine["active"], mine["client_id"], mine["sub"]) == (True, app.client_id, str(hub.member.id))
    assert (mine["scope"], mine["token_type"], mine["iss"]) == ("inference models.read", "Bearer", hub.url)
    assert (await other.post("/oauth/introspect", token=token)).json() == {"active": False}
    assert (await app.post("/oauth/introspect", token="blocklet-x")).json() == {"active": False}
    assert (await public.post("/oauth/introspect", token=token)).json()["error"] == "invalid_client"

    async def as_bearer(key: str) -> tuple[int, object]:
        answer = await hub.http.post("/oauth/introspect", data={"token": token}, headers=hub.bearer(key))
        return answer.status_code, answer.json().get("active")

    assert await as_bearer(hub.owner_key) == (200, True)
    assert await as_bearer(hub.member_key) == (403, None)
    assert await as_bearer("blocklet-unknown") == (401, None)
    unknown = await hub.http.post("/oauth/introspect", data={"token": token}, headers=hub.bearer("blocklet-unknown"))
    assert unknown.json()["error"] == "invalid_token"
    assert unknown.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_client_registers_itself_once_an_admin_lets_it(hub: RunningHub) -> None:
    body = {"redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none", "client_name": "Tool"}
    assert (await hub.http.post("/oauth/register", json=body)).status_code == 403
    async with hub.house.database.write() as conn:
        await hub.house.preferences.change(conn, SYSTEM, dynamic_registration=True)
    answer = await hub.http.post("/oauth/register", json=body)
    made = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert (made["client_name"], made["token_endpoint_auth_method"]) == ("Tool", "none")
    assert "client_secret" not in made
    with_secret = (await hub.http.post("/oauth/register", json={"redirect_uris": body["redirect_uris"]})).json()
    assert with_secret["client_secret"].startswith("hubcs_") and with_secret["client_secret_expires_at"] == 0
    for bad in (b"[]", b"{", b'"x"'):
        refused = await hub.http.post("/oauth/register", content=bad)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


async def test_whoever_guesses_is_not_looked_at_for_a_while(hub: RunningHub) -> None:
    app = await register(hub)
    tokens = await app.tokens()
    answers = [await app.redeem("nonsense") for _ in range(61)]
    assert [one.status_code for one in answers] == [400] * 60 + [429]
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await app.refresh(tokens["refresh_token"])).status_code == 429
    assert len(await refusals(hub)) == 30  # nor is the journal filled


async def test_a_device_that_never_slows_down_is_not_looked_at_for_a_while(hub: RunningHub) -> None:
    app = await register(hub)
    code = (await app.post("/oauth/device_authorization")).json()["device_code"]
    answers = [await app.token(grant_type=DEVICE, device_code=code) for _ in range(62)]
    assert answers[1].json()["error"] == "slow_down"
    assert [one.status_code for one in answers[-2:]] == [400, 429]


async def test_a_disabled_user_is_refused_everywhere(hub: RunningHub) -> None:
    app = await register(hub)
    code, tokens = (await app.consent())["code"], None
    verifier = app.verifier
    tokens = await app.tokens()
    async with hub.house.database.write() as conn:
        await hub.house.users.change(conn, SYSTEM, hub.member.id, is_disabled=True)
    app.verifier = verifier
    assert (await app.redeem(code)).json()["error"] == "invalid_grant"
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    await ends(hub, tokens["access_token"])


async def test_a_disabled_client_is_refused_everywhere(hub: RunningHub) -> None:
    app = await register(hub)
    tokens = await app.tokens()
    async with hub.house.database.write() as conn:
        await hub.house.oauth.clients.change(conn, SYSTEM, app.made.client.id, is_disabled=True)
    await ends(hub, tokens["access_token"])
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_client"
    assert (await app.post("/oauth/device_authorization")).json()["error"] == "invalid_client"
    assert (await app.authorize()).status_code == 400


async def service_account(hub: RunningHub):  # type: ignore[no-untyped-def]
    async with hub.house.database.write() as conn:
        return await hub.house.users.add(conn, SYSTEM, "Robot", role=Role.member, kind=UserKind.service)


async def machine(hub: RunningHub, account_id: int) -> App:
    return await register(
        hub,
        is_public=False,
        redirect_uris=(),
        grants=frozenset({Grant.client_credentials}),
        scopes=SCOPES | {Scope.usage_read},
        service_account_id=account_id,
    )
