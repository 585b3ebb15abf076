"""OAuth clients over the API."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.oauth_app import App, register
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

ROOT = "/api/oauth-clients"
BODY = {"name": "App", "isPublic": False, "redirectUris": ["https://app.example/cb"]}


async def create(hub: RunningHub, **changes: Any) -> dict[str, Any]:
    answer = await hub.http.post(ROOT, json={**BODY, **changes}, headers=hub.bearer(hub.owner_key))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_client_is_made_with_what_is_not_said_by_default(hub_on_both: RunningHub) -> None:
    hub = hub_on_both
    made = await create(hub)
    assert made["clientSecret"].startswith("hubcs_") and made["clientId"].startswith("hubc_")
    assert made["secretHint"] == made["clientSecret"][-4:]
    assert made["grants"] == ["authorization_code", "refresh_token"]
    assert made["scopes"] == ["inference", "models.read", "usage.read"]
    assert (made["isDynamic"], made["serviceAccountId"], made["disabledAt"]) == (False, None, None)
    assert (await create(hub, isPublic=True))["clientSecret"] is None
    listed = (await hub.http.get(ROOT, headers=hub.bearer(hub.owner_key))).json()
    assert [one["isPublic"] for one in listed["list"]] == [True, False]
    assert "clientSecret" not in listed["list"][0] and listed["next"] is None


async def test_clients_are_listed_page_by_page(hub: RunningHub) -> None:
    made = [(await create(hub, name=f"App {number}"))["id"] for number in range(3)]
    first = (await hub.http.get(f"{ROOT}?limit=2", headers=hub.bearer(hub.owner_key))).json()
    rest = (await hub.http.get(f"{ROOT}?limit=2&after={first['next']}", headers=hub.bearer(hub.owner_key))).json()
    assert [one["id"] for one in (*first["list"], *rest["list"])] == made[::-1]


async def test_a_client_is_changed_switched_off_and_removed(hub: RunningHub) -> None:
    made = await create(hub)
    headers, path = hub.bearer(hub.owner_key), f"{ROOT}/{made['id']}"
    changed = (await hub.http.patch(path, json={"name": "Other"}, headers=headers)).json()
    assert (changed["name"], changed["redirectUris"]) == ("Other", BODY["redirectUris"])
    assert (await hub.http.patch(path, json={"isDisabled": True}, headers=headers)).json()["disabledAt"]
    assert (await hub.http.patch(path, json={"isDisabled": False}, headers=headers)).json()["disabledAt"] is None
    assert (await hub.http.delete(path, headers=headers)).status_code == 204
    for answer in (
        await hub.http.delete(path, headers=headers),
        await hub.http.patch(path, json={"name": "x"}, headers=headers),
        await hub.http.post(f"{path}/rotate-secret", headers=headers),
        await hub.http.delete(f"{ROOT}/nonsense", headers=headers),
    ):
        assert answer.status_code == 404


async def test_a_secret_is_rotated_and_the_old_one_is_refused(hub: RunningHub) -> None:
    app = await register(hub, is_public=False)
    code = (await app.consent())["code"]
    path = f"{ROOT}/{app.made.client.id}/rotate-secret"
    rotated = (await hub.http.post(path, headers=hub.bearer(hub.owner_key))).json()
    assert (await app.redeem(code)).json()["error"] == "invalid_client"
    assert (await app.redeem(code, client_secret=rotated["clientSecret"])).status_code == 200
    public = await register(hub)
    refused = await hub.http.post(f"{ROOT}/{public.made.client.id}/rotate-secret", headers=hub.bearer(hub.owner_key))
    assert refused.status_code == 409


async def test_tokens_of_a_removed_client_end(hub: RunningHub) -> None:
    app: App = await register(hub)
    bearer = f"Bearer {(await app.tokens())['access_token']}"
    assert (await hub.ask(authorization=bearer)).status_code == 200
    await hub.http.delete(f"{ROOT}/{app.made.client.id}", headers=hub.bearer(hub.owner_key))
    async with asyncio.timeout(10):
        while (await hub.ask(authorization=bearer)).status_code != 401:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"redirectUris": ["http://app.example/cb"]}, "redirectUris"),
        ({"redirectUris": []}, "redirectUris"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"grants": ["password"]}, "grants.0"),
        ({"grants": ["client_credentials"]}, "serviceAccountId"),
        ({"serviceAccountId": "7"}, "serviceAccountId"),
        ({"secret": "mine"}, "secret"),
        ({"clientId": "mine"}, "clientId"),
    ],
)
async def test_what_a_client_cannot_be_is_told_by_its_field(
    hub: RunningHub, changes: dict[str, Any], param: str
) -> None:
    answer = await hub.http.post(ROOT, json={**BODY, **changes}, headers=hub.bearer(hub.owner_key))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_only_owners_and_admins_manage_clients(hub: RunningHub) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("PATCH", "/1"), ("DELETE", "/1"), ("POST", "/1/rotate-secret")):
        assert (await hub.http.request(method, ROOT + path, json=BODY, headers=hub.bearer())).status_code == 403
        assert (await hub.http.request(method, ROOT + path, json=BODY)).status_code == 401
