"""The applications a person lets act for them: listed, and taken back."""

from __future__ import annotations

import asyncio

import pytest

from tests.oauth_app import register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

ROOT = "/api/me/apps"


async def test_a_person_lists_their_applications_and_ends_one(hub: RunningHub) -> None:
    app, me = await register(hub), await hub.signed_in(hub.member)
    assert (await hub.http.get(ROOT, headers=me)).json() == {"list": []}
    bearer = f"Bearer {(await app.tokens())['access_token']}"
    (one,) = (await hub.http.get(ROOT, headers=me)).json()["list"]
    assert (one["clientId"], one["clientName"]) == (app.client_id, "Test app")
    assert one["scopes"] == ["inference", "models.read"] and one["createdAt"] and one["lastUsedAt"]
    assert (await hub.ask(authorization=bearer)).status_code == 200
    assert (await hub.http.delete(f"{ROOT}/{one['id']}", headers=me)).status_code == 204
    async with asyncio.timeout(10):
        while (await hub.ask(authorization=bearer)).status_code != 401:
            await asyncio.sleep(0.02)
    assert (await hub.http.get(ROOT, headers=me)).json() == {"list": []}
    assert (await hub.http.delete(f"{ROOT}/{one['id']}", headers=me)).status_code == 404


async def test_what_one_allowed_is_nobody_elses_to_see_or_end(hub: RunningHub) -> None:
    app, me, other = await register(hub), await hub.signed_in(hub.member), await hub.signed_in(hub.owner)
    await app.tokens()
    (one,) = (await hub.http.get(ROOT, headers=me)).json()["list"]
    assert (await hub.http.get(ROOT, headers=other)).json() == {"list": []}
    assert (await hub.http.delete(f"{ROOT}/{one['id']}", headers=other)).status_code == 404
    assert (await hub.http.get(ROOT, headers=hub.bearer())).json()["list"] == [one]
    by_key = await hub.http.delete(f"{ROOT}/{one['id']}", headers=hub.bearer())
    assert (by_key.status_code, by_key.json()["error"]["code"]) == (403, "session_needed")
    assert (await hub.http.get(ROOT)).status_code == 401
