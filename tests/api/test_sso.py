"""Single sign-on through the real door: who comes in, who does not, and what nobody can forge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey

from aigne_hub.access.identity import Role, User, UserId
from aigne_hub.api.sso import own_page
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM, Filter
from tests.issuer import CLIENT_ID, CLIENT_SECRET, FakeIssuer, rsa_key, serve_issuer
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

CALLBACK = "/api/auth/sso/callback"


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with serve_issuer() as serving:
        yield serving


async def registered(hub: RunningHub, issuer: FakeIssuer, **fields: Any) -> str:
    body = {"name": "Corp", "url": issuer.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, **fields}
    made = await hub.http.post("/api/sso-issuers", json=body, headers=hub.bearer(hub.owner_key))
    assert made.status_code == 201, made.text
    issuer_id: str = made.json()["id"]
    return issuer_id


async def departed(hub: RunningHub, issuer_id: str, **query: str) -> str:
    sent = await hub.http.get(f"/api/auth/sso/{issuer_id}/start", params=query)
    assert sent.status_code == 302
    return sent.headers["location"]


async def came(hub: RunningHub, issuer: FakeIssuer, issuer_id: str, **changes: str | None) -> httpx.Response:
    """The whole way, there and back."""
    brought = issuer.allow(await departed(hub, issuer_id))
    query = {name: value for name, value in {**brought, **changes}.items() if value is not None}
    return await hub.http.get(CALLBACK, params=query)


def code_of(response: httpx.Response, page: str = "/sign-in") -> str:
    """The reason with which a browser is sent back to a page."""
    location = urlsplit(response.headers["location"])
    assert (response.status_code, location.path, location.netloc) == (302, page, "")
    assert not any(one.startswith("hub_session") for one in response.headers.get_list("set-cookie"))
    return parse_qs(location.query)["error"][0]


async def me(hub: RunningHub) -> dict[str, Any]:
    found: dict[str, Any] = (await hub.http.get("/api/auth/session")).json()
    return found


async def noted(hub: RunningHub, action: str) -> list[tuple[str | None, str, str | None]]:
    async with hub.house.database.read() as conn:
        rows = await audit_store.list_rows(conn, Filter(action=action), before_seq=None, limit=100)
    return [(row.actor.name, row.outcome, row.after) for row in rows]


async def test_a_person_comes_in_and_is_the_same_the_next_time(hub_on_both: RunningHub, issuer: FakeIssuer) -> None:
    hub = hub_on_both
    issuer_id = await registered(hub, issuer)
    location = await departed(hub, issuer_id, next="/access-keys?status=all")
    arrived = await hub.http.get(CALLBACK, params=issuer.allow(location))
    assert (arrived.status_code, arrived.headers["location"]) == (302, "/access-keys?status=all")
    first = await me(hub)
    assert (first["user"]["name"], first["user"]["email"], first["user"]["role"]) == (
        "Ann",
        "ann@example.com",
        "member",
    )
    assert (first["session"]["method"], first["user"]["hasPassword"]) == ("sso", False)
    asked = issuer.began
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{hub.url}{CALLBACK}" and "openid" in asked["scope"].split()
    (token,) = issuer.asked_for("/token")
    assert token.headers["authorization"].startswith("Basic ") and "code_verifier" in parse_qs(token.body.decode())

    issuer.person |= {"name": "Ann B.", "email": "ann.b@example.com"}
    await came(hub, issuer, issuer_id)
    second = await me(hub)
    assert second["user"]["id"] == first["user"]["id"] and second["session"]["id"] != first["session"]["id"]
    assert [name for name, _, _ in await noted(hub, "sign_in")] == ["Ann", "Ann"]
    assert len(await noted(hub, "identity.create")) == 1


@pytest.mark.parametrize(
    ("in_token", "header"),
    [
        ({"nonce": "other"}, {}),
        ({"nonce": None}, {}),
        ({"aud": "another-client"}, {}),
        ({"aud": "another-client", "azp": CLIENT_ID}, {}),
        ({"aud": [CLIENT_ID, "another"]}, {}),  # without azp
        ({"azp": "another-client"}, {}),
        ({"iss": "https://evil.example"}, {}),
        ({"exp": 1_700_000_000}, {}),
        ({"exp": None}, {}),
        ({"iat": 4_000_000_000}, {}),
        ({"sub": None}, {}),
        ({"sub": 7}, {}),
        ({"at_hash": "wrong"}, {}),
        ({}, {"alg": "none"}),
        ({}, {"alg": "RS512"}),  # not in the issuer's list
        ({}, {"kid": "unknown"}),
    ],
)
async def test_an_id_token_that_does_not_hold_lets_nobody_in(
    hub: RunningHub, issuer: FakeIssuer, in_token: dict[str, Any], header: dict[str, str]
) -> None:
    issuer_id = await registered(hub, issuer)
    issuer.in_token, issuer.header = in_token, {**issuer.header, **header}
    assert code_of(await came(hub, issuer, issuer_id)) == "sso_failed"
    assert [outcome for _, outcome, _ in await noted(hub, "sign_in.sso")] == ["refused"]


async def test_a_signature_of_another_key_or_of_the_client_secret_lets_nobody_in(
    hub: RunningHub, issuer: FakeIssuer
) -> None:
    issuer_id = await registered(hub, issuer)
    issuer.signing = rsa_key()
    assert code_of(await came(hub, issuer, issuer_id)) == "sso_failed"
    issuer.signing, issuer.header = OctKey.import_key(CLIENT_SECRET * 3), {"alg": "HS256", "kid": "one"}
    issuer.metadata = {"id_token_signing_alg_values_supported": ["RS256", "HS256"]}
    await hub.http.post(f"/api/sso-issuers/{issuer_id}/test", headers=hub.bearer(hub.owner_key))
    assert code_of(await came(hub, issuer, issuer_id)) == "sso_failed"


async def test_an_answer_counts_once_in_its_own_browser_and_from_its_own_issuer(
    hub: RunningHub, issuer: FakeIssuer
) -> None:
    issuer_id = await registered(hub, issuer)
    brought = issuer.allow(await departed(hub, issuer_id))
    async with httpx.AsyncClient(base_url=hub.url) as another:
        assert code_of(await another.get(CALLBACK, params=brought)) == "sso_state"
    assert code_of(await hub.http.get(CALLBACK, params=brought)) == "sso_state"  # used up
    for state in ("forged", ""):
        assert code_of(await came(hub, issuer, issuer_id, state=state)) == "sso_state"
    for iss in ("https://evil.example", None):  # RFC 9207
        assert code_of(await came(hub, issuer, issuer_id, iss=iss)) == "sso_failed"
    assert code_of(await came(hub, issuer, issuer_id, code=None)) == "sso_failed"
    assert code_of(await came(hub, issuer, issuer_id, code=None, error="access_denied")) == "sso_cancelled"
    assert not issuer.asked_for("/token")


async def test_a_way_that_took_too_long_is_over(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer)
    brought = issuer.allow(await departed(hub, issuer_id))
    async with hub.house.database.write() as conn:
        from sqlalchemy import text

        await conn.execute(text("UPDATE tickets SET expires_ms = 1 WHERE purpose = 'sso'"))
    assert code_of(await hub.http.get(CALLBACK, params=brought)) == "sso_state"


async def test_an_address_is_no_proof_but_whoever_is_signed_in_may_link(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer)
    issuer.person |= {"email": "max@example.com", "email_verified": True}
    assert code_of(await came(hub, issuer, issuer_id)) == "account_exists"
    assert [outcome for _, outcome, _ in await noted(hub, "sign_in.sso")] == ["refused"]

    way = await linking(hub, hub.member, issuer_id)
    done = await hub.http.get(CALLBACK, params=issuer.allow(way["url"]), headers=cookies(way))
    assert done.headers["location"] == "/profile"
    shown = await hub.http.get("/api/me/identities", headers=way["headers"])
    (linked,) = shown.json()["list"]
    assert (linked["issuerName"], linked["email"]) == ("Corp", "max@example.com")
    await came(hub, issuer, issuer_id)
    assert (await me(hub))["user"]["name"] == "Max"


async def linking(hub: RunningHub, user: User, issuer_id: str) -> dict[str, Any]:
    headers = await hub.signed_in(user)
    begun = await hub.http.post(f"/api/me/identities/{issuer_id}/start", headers=headers)
    assert begun.status_code == 200, begun.text
    return {"url": begun.json()["url"], "headers": headers, "browser": begun.cookies["hub_sso"]}


def cookies(way: dict[str, Any]) -> dict[str, str]:
    return {"cookie": f"{way['headers']['cookie']}; hub_sso={way['browser']}"}


async def test_linking_needs_the_session_that_began_it(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer)
    way = await linking(hub, hub.member, issuer_id)
    hub.http.cookies.clear()
    others = {**way, "headers": await hub.signed_in(hub.owner)}
    answer = await hub.http.get(CALLBACK, params=issuer.allow(way["url"]), headers=cookies(others))
    assert code_of(answer, "/profile") == "sso_state"
    way = await linking(hub, hub.member, issuer_id)
    ended = {"cookie": f"hub_session=ended; hub_sso={way['browser']}"}
    answer = await hub.http.get(CALLBACK, params=issuer.allow(way["url"]), headers=ended)
    assert code_of(answer) == "sso_state"
    cookie_only = {"cookie": way["headers"]["cookie"]}
    url = f"/api/me/identities/{issuer_id}/start"
    assert (await hub.http.post(url, headers=cookie_only)).json()["error"]["code"] == "csrf"
    assert (await hub.http.post(url, headers=hub.bearer())).status_code == 403  # a key is no person


async def test_an_account_at_an_issuer_is_of_one_user(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer)
    await came(hub, issuer, issuer_id)
    hub.http.cookies.clear()
    way = await linking(hub, hub.member, issuer_id)
    answer = await hub.http.get(CALLBACK, params=issuer.allow(way["url"]), headers=cookies(way))
    assert code_of(answer, "/profile") == "identity_taken"


async def test_who_does_not_get_to_link_is_told_so_in_their_profile(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer, domains=["elsewhere.com"])
    for changes, code in (({}, "sso_domain"), ({"error": "access_denied"}, "sso_cancelled")):
        hub.http.cookies.clear()
        way = await linking(hub, hub.member, issuer_id)
        brought = {**issuer.allow(way["url"]), **changes}
        answer = await hub.http.get(CALLBACK, params=brought, headers=cookies(way))
        assert code_of(answer, "/profile") == code
        assert (await hub.http.get("/api/me/identities", headers=way["headers"])).json()["list"] == []


async def test_the_last_way_in_stays_and_what_is_anothers_is_not_found(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer)
    await came(hub, issuer, issuer_id)
    token = {"x-csrf-token": (await me(hub))["csrfToken"]}
    (own,) = (await hub.http.get("/api/me/identities")).json()["list"]
    refused = await hub.http.delete(f"/api/me/identities/{own['id']}", headers=token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "last_way_in")
    async with hub.house.database.write() as conn:
        from aigne_hub.access.signin import store

        await store.set_password(conn, UserId(int((await me(hub))["user"]["id"])), "x")
    others = await hub.signed_in(hub.member)
    hub_cookies = dict(hub.http.cookies)
    hub.http.cookies.clear()
    assert (await hub.http.delete(f"/api/me/identities/{own['id']}", headers=others)).status_code == 404
    hub.http.cookies.update(hub_cookies)
    assert (await hub.http.delete(f"/api/me/identities/{own['id']}", headers=token)).status_code == 204
    assert len(await noted(hub, "identity.remove")) == 1


async def test_roles_follow_the_claim_at_each_sign_in(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer, roleClaim="groups", roleMap={"ops": "admin", "all": "guest"})
    issuer.person["groups"] = ["all", "ops", "other"]
    await came(hub, issuer, issuer_id)
    assert (await me(hub))["user"]["role"] == "admin"
    before = {"cookie": f"hub_session={hub.http.cookies['hub_session']}"}
    hub.http.cookies.clear()
    issuer.person["groups"] = "all"
    await came(hub, issuer, issuer_id)
    assert (await me(hub))["user"]["role"] == "guest"
    hub.http.cookies.clear()
    assert (await hub.http.get("/api/auth/session", headers=before)).status_code == 401  # signed out by the change
    issuer.person["groups"] = []
    await came(hub, issuer, issuer_id)
    assert (await me(hub))["user"]["role"] == "member"  # the issuer's default


async def test_claims_that_only_userinfo_tells_count_when_it_speaks_of_the_same(
    hub: RunningHub, issuer: FakeIssuer
) -> None:
    issuer.person = {"sub": "s-2"}
    issuer.userinfo = {"sub": "s-2", "email": "bob@example.com", "name": "Bob", "groups": ["ops"]}
    issuer_id = await registered(hub, issuer, roleClaim="groups", roleMap={"ops": "admin"})
    await came(hub, issuer, issuer_id)
    user = (await me(hub))["user"]
    assert (user["name"], user["email"], user["role"]) == ("Bob", "bob@example.com", "admin")
    assert issuer.asked_for("/userinfo")[0].headers["authorization"] == "Bearer at-1"
    issuer.userinfo["sub"] = "s-3"
    hub.http.cookies.clear()
    assert code_of(await came(hub, issuer, issuer_id)) == "sso_failed"


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ({"email": "ann@elsewhere.com"}, "sso_domain"),
        ({"email": None}, "sso_domain"),
        ({"email": "ann@example.com", "email_verified": False}, "sso_email"),
        ({"email": "ann@example.com.evil.com"}, "sso_domain"),
    ],
)
async def test_only_verified_addresses_of_the_domains_come_in(
    hub: RunningHub, issuer: FakeIssuer, person: dict[str, Any], code: str
) -> None:
    issuer_id = await registered(hub, issuer, domains=["Example.com"])
    assert (await came(hub, issuer, issuer_id)).headers["location"] == "/"
    hub.http.cookies.clear()
    issuer.person |= {"sub": "s-9", **person}
    assert code_of(await came(hub, issuer, issuer_id)) == code


async def test_who_is_disabled_does_not_come_in(hub: RunningHub, issuer: FakeIssuer) -> None:
    issuer_id = await registered(hub, issuer)
    await came(hub, issuer, issuer_id)
    user_id = (await me(hub))["user"]["id"]
    hub.http.cookies.clear()
    changed = await hub.http.patch(
        f"/api/users/{user_id}", json={"isDisabled": True}, headers=hub.bearer(hub.owner_key)
    )
    assert changed.status_code == 200, changed.text
    assert code_of(await came(hub, issuer, issuer_id)) == "sign_in_refused"


async def test_an_issuer_that_is_off_unknown_or_away_sends_back_to_the_sign_in_page(
    hub: RunningHub, issuer: FakeIssuer
) -> None:
    issuer_id = await registered(hub, issuer)
    brought = issuer.allow(await departed(hub, issuer_id))
    off = {"isEnabled": False}
    await hub.http.patch(f"/api/sso-issuers/{issuer_id}", json=off, headers=hub.bearer(hub.owner_key))
    assert code_of(await hub.http.get(CALLBACK, params=brought)) == "sso_disabled"
    assert code_of(await hub.http.get(f"/api/auth/sso/{issuer_id}/start")) == "sso_disabled"
    assert code_of(await hub.http.get("/api/auth/sso/77/start")) == "not_found"
    assert (await hub.http.get("/api/auth/state")).json()["ssoIssuers"] == []
    body = {"name": "Away", "url": "http://127.0.0.1:9", "clientId": "x"}
    away = (await hub.http.post("/api/sso-issuers", json=body, headers=hub.bearer(hub.owner_key))).json()["id"]
    assert code_of(await hub.http.get(f"/api/auth/sso/{away}/start")) == "sso_unreachable"
    assert (await hub.http.get("/api/auth/state")).json()["ssoIssuers"] == [{"id": away, "name": "Away"}]


async def test_local_sign_in_is_switched_off_only_when_an_owner_can_come_in_otherwise(
    hub: RunningHub, issuer: FakeIssuer
) -> None:
    issuer_id = await registered(hub, issuer)
    bearer, off = hub.bearer(hub.owner_key), {"localSignIn": False}
    assert (await hub.http.patch("/api/preferences", json=off, headers=bearer)).status_code == 409
    way = await linking(hub, hub.owner, issuer_id)
    await hub.http.get(CALLBACK, params=issuer.allow(way["url"]), headers=cookies(way))
    assert (await hub.http.patch("/api/preferences", json=off, headers=bearer)).status_code == 200
    gone = await hub.http.delete(f"/api/sso-issuers/{issuer_id}", headers=bearer)
    disabled = await hub.http.patch(f"/api/sso-issuers/{issuer_id}", json={"isEnabled": False}, headers=bearer)
    assert [one.json()["error"]["code"] for one in (gone, disabled)] == ["last_way_in"] * 2
    hub.http.cookies.clear()
    await came(hub, issuer, issuer_id)
    assert (await me(hub))["user"]["name"] == "Olga"


async def test_an_issuer_that_names_no_owner_unmakes_none(hub: RunningHub, issuer: FakeIssuer) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.users.add(conn, SYSTEM, "Oskar", role=Role.owner)
    issuer_id = await registered(hub, issuer, roleClaim="groups", roleMap={"ops": "admin"})
    way = await linking(hub, hub.owner, issuer_id)
    await hub.http.get(CALLBACK, params=issuer.allow(way["url"]), headers=cookies(way))
    hub.http.cookies.clear()
    await came(hub, issuer, issuer_id)
    assert (await me(hub))["user"]["role"] == "owner"


def test_only_paths_of_the_console_are_gone_on_to() -> None:
    for good in ("/", "/profile", "/access-keys?a=b#c", "/connect?request=x%20y"):
        assert own_page(good) == good
    for bad in ("", "profile", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/a b", "/\tx"):
        assert own_page(bad) == "/"
