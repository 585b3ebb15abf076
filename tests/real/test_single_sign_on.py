"""Single sign-on at a certified OpenID provider (the npm package oidc-provider), driven as a browser would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest

from tests.real.openid_provider import serving_provider
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

_MOST_PAGES = 12
CALLBACK = "/api/auth/sso/callback"
ANN = {"email": "ann@example.com", "email_verified": True, "name": "Ann", "groups": ["staff", "ops"]}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of the provider, which is its issuer."""
    with serving_provider() as issuer:
        yield issuer


async def registered(hub: RunningHub, provider: str, **fields: Any) -> str:
    """The hub is registered at the provider, and the provider at the hub."""
    async with httpx.AsyncClient() as http:
        asked = {"client_name": "the hub", "redirect_uris": [f"{hub.url}{CALLBACK}"]}
        client = (await http.post(f"{provider}/reg", json=asked)).json()
    body = {"name": "Corp", "url": provider, "clientId": client["client_id"], "clientSecret": client["client_secret"]}
    made = await hub.http.post("/api/sso-issuers", json={**body, **fields}, headers=hub.bearer(hub.owner_key))
    assert made.status_code == 201, made.text
    issuer_id: str = made.json()["id"]
    tested = await hub.http.post(f"/api/sso-issuers/{issuer_id}/test", headers=hub.bearer(hub.owner_key))
    assert tested.json() == {"ok": True, "authorizationEndpoint": f"{provider}/auth"}
    return issuer_id


async def says(provider: str, login: str, **claims: Any) -> None:
    async with httpx.AsyncClient() as http:
        assert (await http.put(f"{provider}/test/accounts/{login}", json=claims)).status_code == 204


async def signs_in(hub: RunningHub, provider: str, issuer_id: str, login: str, *, cancels: bool = False) -> str:
    """From the hub's button through the provider's pages and back; where the hub then leads."""
    start = await hub.http.get(f"/api/auth/sso/{issuer_id}/start", params={"next": "/usage"})
    async with httpx.AsyncClient() as browser:
        address, answer = start.headers["location"], None
        for _ in range(_MOST_PAGES):
            if address.startswith(hub.url):
                back = await hub.http.get(address)
                location: str = back.headers["location"]
                return location
            answer = await browser.get(address)
            if answer.is_redirect:
                address = urljoin(address, answer.headers["location"])
                continue
            assert answer.status_code == 200, answer.text[:2000]
            if cancels:
                (abort,) = re.findall(r'href="([^"]*/abort)"', answer.text)
                address = urljoin(address, unescape(abort))
                continue
            sent = await browser.post(_form_of(answer.text), data=_fields_of(answer.text, login))
            address = urljoin(str(sent.url), sent.headers["location"])
    raise AssertionError(f"the provider never sends back: {answer and answer.text[:2000]}")


def _form_of(page: str) -> str:
    (action,) = re.findall(r'<form[^>]*action="([^"]+)"', page)
    return unescape(action)


def _fields_of(page: str, login: str) -> dict[str, str]:
    (prompt,) = re.findall(r'name="prompt" value="(\w+)"', page)
    return {"prompt": prompt, **({"login": login, "password": "any"} if prompt == "login" else {})}


async def test_a_person_signs_in_and_their_role_follows_their_groups(hub_on_both: RunningHub, provider: str) -> None:
    hub = hub_on_both
    issuer_id = await registered(
        hub, provider, roleClaim="groups", roleMap={"ops": "admin"}, defaultRole="guest", domains=["example.com"]
    )
    await says(provider, "ann", **ANN)
    assert await signs_in(hub, provider, issuer_id, "ann") == "/usage"
    session = (await hub.http.get("/api/auth/session")).json()
    user = session["user"]
    assert (user["name"], user["email"], user["role"]) == ("Ann", "ann@example.com", "admin")
    assert session["session"]["method"] == "sso"
    await says(provider, "ann", **{**ANN, "groups": ["staff"]})
    await signs_in(hub, provider, issuer_id, "ann")
    again = (await hub.http.get("/api/auth/session")).json()["user"]
    assert (again["id"], again["role"]) == (user["id"], "guest")


async def test_who_is_not_of_the_domain_or_not_verified_or_cancels_stays_out(hub: RunningHub, provider: str) -> None:
    issuer_id = await registered(hub, provider, domains=["example.com"])
    await says(provider, "eve", **{**ANN, "email": "eve@elsewhere.example"})
    await says(provider, "ned", **{**ANN, "email": "ned@example.com", "email_verified": False})
    await says(provider, "max", **{**ANN, "email": "max@example.com"})
    for login, code in (("eve", "sso_domain"), ("ned", "sso_email"), ("max", "account_exists")):
        led = urlsplit(await signs_in(hub, provider, issuer_id, login))
        assert (led.path, parse_qs(led.query)) == ("/sign-in", {"error": [code]})
    led = urlsplit(await signs_in(hub, provider, issuer_id, "ann", cancels=True))
    assert parse_qs(led.query) == {"error": ["sso_cancelled"]}
    assert (await hub.http.get("/api/auth/session")).status_code == 401


async def test_a_wrong_client_secret_lets_nobody_in(hub: RunningHub, provider: str) -> None:
    issuer_id = await registered(hub, provider)
    await says(provider, "ann", **ANN)
    change = {"clientSecret": "another"}
    await hub.http.patch(f"/api/sso-issuers/{issuer_id}", json=change, headers=hub.bearer(hub.owner_key))
    assert await signs_in(hub, provider, issuer_id, "ann") == "/sign-in?error=sso_failed"
