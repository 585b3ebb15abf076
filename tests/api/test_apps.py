"""The applications that a person lets act for them, and the end of that."""

from __future__ import annotations

import asyncio

import pytest

from tests.oauth_app import register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

PATH = "/api/me/apps"


async def test_an_authorised_app_is_listed_and_ended_with_its_tokens(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    app, person = await register(hub), await hub.signed_in(hub.member)
    assert (await hub.http.get(PATH, headers=person)).json() == {"list": []}
    tokens = await app.tokens()
    assert (await hub.ask(authorization=f"Bearer {tokens['access_token']}")).status_code == 200
    (listed,) = (await hub.http.get(PATH, headers=person)).json()["list"]
    assert (listed["clientId"], listed["clientName"]) == (app.client_id, "Test app")
    assert sorted(listed["scopes"]) == ["inference", "models.read"]
    assert (await hub.http.delete(f"{PATH}/{listed['id']}", headers=person)).status_code == 204
    async with asyncio.timeout(1):
        while (await hub.ask(authorization=f"Bearer {tokens['access_token']}")).status_code != 401:
            await asyncio.sleep(0.02)
    assert (await app.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await hub.http.get(PATH, headers=person)).json() == {"list": []}


async def test_nobody_ends_the_app_of_somebody_else(hub: RunningHub) -> None:
    app = await register(hub)
    tokens = await app.tokens()
    (listed,) = (await hub.http.get(PATH, headers=await hub.signed_in(hub.member))).json()["list"]
    refused = await hub.http.delete(f"{PATH}/{listed['id']}", headers=await hub.signed_in(hub.owner))
    assert refused.status_code == 404
    assert (await hub.ask(authorization=f"Bearer {tokens['access_token']}")).status_code == 200
