"""Issuers over the API: kept, changed, tested and removed, by those who may."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM, Filter, Row
from tests.issuer import CLIENT_ID, CLIENT_SECRET, FakeIssuer, serve_issuer
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

BODY = {"name": "Corp", "url": "https://login.example.com", "clientId": "hub", "clientSecret": CLIENT_SECRET}
URL = "/api/sso-issuers"


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    async with serve_issuer() as serving:
        yield serving


async def admin(hub: RunningHub) -> dict[str, str]:
    """The headers of an admin, who is no owner."""
    async with hub.house.database.write() as conn:
        ada = await hub.house.users.add(conn, SYSTEM, "Ada", role=Role.admin, email="ada@example.com")
        made = await hub.house.keys.create(conn, SYSTEM, ada.id, "k", role=Role.admin)
    return hub.bearer(made.secret)


async def rows(hub: RunningHub, action: str) -> list[Row]:
    async with hub.house.database.read() as conn:
        return await audit_store.list_rows(conn, Filter(action=action), before_seq=None, limit=100)


async def test_an_issuer_is_kept_and_its_secret_is_in_no_answer_nor_in_the_journal(hub_on_both: RunningHub) -> None:
    hub, bearer = hub_on_both, hub_on_both.bearer(hub_on_both.owner_key)
    made = await hub.http.post(URL, json={**BODY, "domains": ["Example.com", "@b.example.com"]}, headers=bearer)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert shown["redirectUri"] == f"{hub.url}/api/auth/sso/callback"
    assert (shown["scopes"], shown["defaultRole"], shown["roleClaim"]) == (
        ["openid", "email", "profile"],
        "member",
        None,
    )
    assert shown["domains"] == ["example.com", "b.example.com"]
    change = {"name": "Corp 2", "clientSecret": "", "roleClaim": "groups", "roleMap": {"ops": "admin"}}
    changed = await hub.http.patch(f"{URL}/{shown['id']}", json=change, headers=bearer)
    assert changed.json() == {**shown, "name": "Corp 2", "roleClaim": "groups", "roleMap": {"ops": "admin"}}
    listed = await hub.http.get(URL, headers=bearer)
    assert listed.json() == {"list": [changed.json()], "next": None}
    (noted,) = await rows(hub, "sso_issuer.change")
    assert noted.after is not None and json.loads(noted.after)["has_new_secret"] is False
    for text in (made.text, changed.text, listed.text, str(await rows(hub, "sso_issuer.create"))):
        assert CLIENT_SECRET not in text
    plain = await hub.http.patch(f"{URL}/{shown['id']}", json={"roleClaim": None}, headers=bearer)
    assert plain.json()["roleClaim"] is None
    assert (await hub.http.delete(f"{URL}/{shown['id']}", headers=bearer)).status_code == 204
    assert (await hub.http.get(URL, headers=bearer)).json()["list"] == []
    assert len(await rows(hub, "sso_issuer.remove")) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://login.example.com"),
        ("url", "ftp://login.example.com"),
        ("url", "https://user@login.example.com"),
        ("url", "https://login.example.com/?a=b"),
        ("url", "https://"),
        ("url", "login.example.com"),
        ("domains", ["exa mple.com"]),
        ("domains", ["com"]),
        ("scopes", ["a b"]),
        ("defaultRole", "owner"),
        ("defaultRole", "king"),
        ("roleMap", {"x": "king"}),
        ("clientId", ""),
        ("name", " "),
        ("surprise", 1),
    ],
)
async def test_what_an_issuer_cannot_be_is_refused_by_name(hub: RunningHub, field: str, value: Any) -> None:
    answer = await hub.http.post(URL, json={**BODY, field: value}, headers=hub.bearer(hub.owner_key))
    assert answer.status_code == 400
    assert answer.json()["error"]["param"].startswith(field)


async def test_only_owners_and_admins_see_issuers(hub: RunningHub) -> None:
    for method, path in (("GET", URL), ("POST", URL), ("PATCH", f"{URL}/1"), ("DELETE", f"{URL}/1")):
        body = BODY if method == "POST" else {}
        sent = {"json": body} if method in ("POST", "PATCH") else {}
        assert (await hub.http.request(method, path, headers=hub.bearer(), **sent)).status_code == 403  # type: ignore[arg-type]
        assert (await hub.http.request(method, path, **sent)).status_code == 401  # type: ignore[arg-type]
    missing = await hub.http.patch(f"{URL}/7", json={}, headers=hub.bearer(hub.owner_key))
    assert missing.status_code == 404


async def test_an_admin_makes_no_issuer_that_makes_owners_and_changes_none(hub: RunningHub) -> None:
    headers, owners = await admin(hub), {"roleClaim": "groups", "roleMap": {"board": "owner"}}
    assert (await hub.http.post(URL, json={**BODY, **owners}, headers=headers)).status_code == 403
    made = await hub.http.post(URL, json={**BODY, **owners}, headers=hub.bearer(hub.owner_key))
    path = f"{URL}/{made.json()['id']}"
    changes: list[dict[str, Any]] = [{"roleClaim": "nickname"}, {"roleMap": {}}, {"clientId": "mine"}]
    for change in changes:
        assert (await hub.http.patch(path, json=change, headers=headers)).status_code == 403
    assert (await hub.http.delete(path, headers=headers)).status_code == 403
    assert {row.actor.name for row in await rows(hub, "sso_issuer.change")} == {"Ada"}
    own = await hub.http.post(URL, json={**BODY, "roleMap": {"ops": "admin"}}, headers=headers)
    assert own.status_code == 201
    raised = await hub.http.patch(f"{URL}/{own.json()['id']}", json={"roleMap": {"x": "owner"}}, headers=headers)
    assert raised.status_code == 403


async def test_an_issuer_is_asked_before_it_is_relied_upon(hub: RunningHub, issuer: FakeIssuer) -> None:
    bearer = hub.bearer(hub.owner_key)
    made = await hub.http.post(URL, json={**BODY, "url": issuer.url, "clientId": CLIENT_ID}, headers=bearer)
    path = f"{URL}/{made.json()['id']}/test"
    good = await hub.http.post(path, headers=bearer)
    assert good.json() == {"ok": True, "authorizationEndpoint": f"{issuer.url}/authorize"}
    for lie, word in (
        ({"issuer": "https://evil.example"}, "evil.example"),
        ({"issuer": None}, "calls itself"),
        ({"token_endpoint": None}, "token_endpoint"),
        ({"jwks_uri": "http://keys.example.com"}, "jwks_uri"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "algorithm"),
    ):
        issuer.metadata = lie
        bad = await hub.http.post(path, headers=bearer)
        assert (bad.status_code, bad.json()["error"]["code"]) == (400, "sso_unreachable")
        assert word in bad.json()["error"]["message"]
    assert len(issuer.asked_for("/.well-known/openid-configuration")) == 6  # none was answered from memory
