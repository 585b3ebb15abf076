"""What the pages of consent and of devices ask the hub."""

from __future__ import annotations

import pytest

from tests.oauth_app import answered, register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_a_person_is_told_in_words_what_is_asked_and_by_whom(hub: RunningHub) -> None:
    app, person = await register(hub), await hub.signed_in(hub.member)
    ticket = await app.ticket()
    asked = (await hub.http.get(f"/api/oauth/requests/{ticket}", headers=person)).json()
    assert (asked["client"]["name"], asked["redirectHost"], asked["isKnown"]) == ("Test app", "127.0.0.1:9", False)
    assert all(len(scope["text"]) > 10 for scope in asked["scopes"])
    body = {"allow": True}
    redirect = (await hub.http.post(f"/api/oauth/requests/{ticket}", json=body, headers=person)).json()["redirect"]
    assert answered(redirect)["iss"] == hub.url
    again = await hub.http.post(f"/api/oauth/requests/{ticket}", json=body, headers=person)
    assert (again.status_code, again.json()["error"]["code"]) == (400, "link_used")


async def test_saying_no_is_told_to_the_application(hub: RunningHub) -> None:
    app = await register(hub)
    back = await app.consent(allow=False)
    assert (back["error"], back["state"]) == ("access_denied", app.state)
    assert "code" not in back


async def test_no_key_consents_in_its_holders_name(hub: RunningHub) -> None:
    app = await register(hub)
    ticket = await app.ticket()
    refused = await hub.http.post(f"/api/oauth/requests/{ticket}", json={"allow": True}, headers=hub.bearer())
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "session_needed")


async def test_a_device_is_let_in_by_its_code(hub: RunningHub) -> None:
    app, person = await register(hub), await hub.signed_in(hub.member)
    asked = (await app.post("/oauth/device_authorization")).json()
    body = {"userCode": asked["user_code"].lower()}
    opened = (await hub.http.post("/api/oauth/device/open", json=body, headers=person)).json()
    assert opened["client"]["name"] == "Test app"
    allowed = await hub.http.post("/api/oauth/device", json={**body, "allow": True}, headers=person)
    assert allowed.status_code == 200
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    tokens = (await app.token(grant_type=grant, device_code=asked["device_code"])).json()
    assert (await hub.ask(authorization=f"Bearer {tokens['access_token']}")).status_code == 200
    unknown = await hub.http.post("/api/oauth/device/open", json={"userCode": "BCDF-GHJK"}, headers=person)
    assert unknown.status_code in (400, 404)
