"""OAuth clients over the API, for owners and admins."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PATH = "/api/oauth-clients"
BODY = {"name": "Notebook", "isPublic": False, "redirectUris": ["https://app.example.com/cb"]}


async def test_a_client_is_made_listed_changed_and_removed(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    olga = await hub.signed_in(hub.owner)
    made = await hub.http.post(PATH, json=BODY, headers=olga)
    assert made.status_code == 201, made.text
    client = made.json()
    assert client["clientSecret"].startswith("hubcs_") and client["secretHint"] == client["clientSecret"][-4:]
    listed = await hub.http.get(PATH, headers=olga)
    assert client["clientSecret"] not in listed.text
    assert [one["clientId"] for one in listed.json()["list"]] == [client["clientId"]]
    path = f"{PATH}/{client['id']}"
    changed = (await hub.http.patch(path, json={"name": "Diary"}, headers=olga)).json()
    assert (changed["name"], changed["redirectUris"]) == ("Diary", BODY["redirectUris"])
    assert (await hub.http.delete(path, headers=olga)).status_code == 204
    assert (await hub.http.get(PATH, headers=olga)).json()["list"] == []


async def test_another_secret_ends_the_one_before(hub: RunningHub) -> None:
    olga = await hub.signed_in(hub.owner)
    client = (await hub.http.post(PATH, json=BODY, headers=olga)).json()
    new = (await hub.http.post(f"{PATH}/{client['id']}/rotate-secret", headers=olga)).json()
    assert new["clientSecret"] != client["clientSecret"]
    form = {"token": "x", "client_id": client["clientId"]}
    old = await hub.http.post("/oauth/introspect", data={**form, "client_secret": client["clientSecret"]})
    good = await hub.http.post("/oauth/introspect", data={**form, "client_secret": new["clientSecret"]})
    assert (old.status_code, old.json()["error"]) == (401, "invalid_client")
    assert (good.status_code, good.json()) == (200, {"active": False})


@pytest.mark.parametrize(
    "more",
    [
        {"redirectUris": ["https://app.example.com/cb#fragment"]},
        {"redirectUris": ["http://app.example.com/cb"]},
        {"redirectUris": ["https://*.example.com/cb"]},
        {"redirectUris": ["javascript:alert(1)"]},
        {"redirectUris": []},
        {"scopes": ["everything"]},
        {"grants": ["password"]},
        {"isTrusted": True},
    ],
)
async def test_what_a_client_cannot_be_is_refused(hub: RunningHub, more: dict[str, Any]) -> None:
    olga = await hub.signed_in(hub.owner)
    refused = await hub.http.post(PATH, json={**BODY, **more}, headers=olga)
    assert refused.status_code == 400, refused.text
    assert (await hub.http.get(PATH, headers=olga)).json()["list"] == []
