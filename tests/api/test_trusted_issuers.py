"""Trusted issuers over the API, and a workload that calls with its platform's JWT."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aigne_hub.access.identity import Role, User, UserKind
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import NotSignedIn
from tests.platform_issuer import AUDIENCE, Platform, serve_platform
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

ROOT = "/api/trusted-issuers"


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with serve_platform() as serving:
        yield serving


@pytest.fixture
async def robot(hub: RunningHub) -> User:
    async with hub.house.database.write() as conn:
        return await hub.house.users.add(conn, SYSTEM, "Robot", role=Role.admin, kind=UserKind.service)


def body(platform: Platform, robot: User, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Platform",
        "url": platform.url,
        "audience": AUDIENCE,
        "subjects": {"job-1": str(robot.id)},
        "scopes": ["inference", "models.read"],
        **changes,
    }


async def trust(hub: RunningHub, platform: Platform, robot: User, **changes: Any) -> dict[str, Any]:
    answer = await hub.http.post(ROOT, json=body(platform, robot, **changes), headers=hub.bearer(hub.owner_key))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def becomes(hub: RunningHub, token: str, status: int) -> None:
    async with asyncio.timeout(10):
        while (await hub.ask(authorization=f"Bearer {token}")).status_code != status:
            await asyncio.sleep(0.02)


async def test_a_workload_calls_with_the_jwt_of_its_platform(hub: RunningHub, platform: Platform, robot: User) -> None:
    issuer = await trust(hub, platform, robot)
    assert (issuer["algorithms"], issuer["subjectClaim"], issuer["jwksUrl"]) == (["RS256", "ES256"], "sub", None)
    token = platform.token()
    await becomes(hub, token, 200)
    assert (await hub.call()).user_id == robot.id
    assert (await hub.http.get("/v1/models", headers=hub.bearer(token))).status_code == 200
    for path in ("/api/user/model-calls", "/api/oauth-clients", "/api/access-keys"):  # the control plane knows it too
        refused = await hub.http.get(path, headers=hub.bearer(token))
        assert refused.status_code == 403, path
    other = platform.token(sub="job-2")
    wrong = await hub.ask(authorization=f"Bearer {other}")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


async def test_a_jwt_of_an_issuer_or_subject_just_added_is_taken_at_once(
    hub: RunningHub, platform: Platform, robot: User
) -> None:
    issuer = await trust(hub, platform, robot)
    assert (await hub.ask(authorization=f"Bearer {platform.token()}")).status_code == 200
    subjects = {f"job-{number}": str(robot.id) for number in (1, 2)}
    path, headers = f"{ROOT}/{issuer['id']}", hub.bearer(hub.owner_key)
    assert (await hub.http.patch(path, json={"subjects": subjects}, headers=headers)).status_code == 200
    assert (await hub.ask(authorization=f"Bearer {platform.token(sub='job-2')}")).status_code == 200


async def test_a_flood_of_bad_jwts_asks_the_database_little(hub: RunningHub, platform: Platform, robot: User) -> None:
    looks, look = 0, hub.house.freshness.look

    async def counted() -> None:
        nonlocal looks
        looks += 1
        await look()

    hub.house.freshness.look = counted  # type: ignore[method-assign]
    bad = platform.token(iss="https://nobody.example")
    outcomes = await asyncio.gather(*(hub.house.identify(bad) for _ in range(200)), return_exceptions=True)
    assert {type(one) for one in outcomes} == {NotSignedIn} and looks <= 2


async def test_what_an_admin_changes_soon_counts(hub: RunningHub, platform: Platform, robot: User) -> None:
    issuer = await trust(hub, platform, robot)
    token, headers = platform.token(), hub.bearer(hub.owner_key)
    await becomes(hub, token, 200)
    path = f"{ROOT}/{issuer['id']}"
    assert (await hub.http.patch(path, json={"isEnabled": False}, headers=headers)).json()["isEnabled"] is False
    await becomes(hub, token, 401)
    await hub.http.patch(path, json={"isEnabled": True, "jwksUrl": f"{platform.url}/keys"}, headers=headers)
    await becomes(hub, token, 200)
    kept = (await hub.http.patch(path, json={"name": "Other"}, headers=headers)).json()
    assert kept["jwksUrl"] == f"{platform.url}/keys"
    assert (await hub.http.patch(path, json={"jwksUrl": None}, headers=headers)).json()["jwksUrl"] is None
    assert (await hub.http.delete(path, headers=headers)).status_code == 204
    await becomes(hub, token, 401)
    assert (await hub.http.delete(path, headers=headers)).status_code == 404
    assert (await hub.http.get(ROOT, headers=headers)).json() == {"list": [], "next": None}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"url": "http://platform.example"}, "url"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"algorithms": ["none"]}, "algorithms"),
        ({"subjects": {"a": "7"}}, "subjects"),
        ({"subjects": {"a": "x"}}, "subjects"),
        ({"scopes": ["root"]}, "scopes.0"),
        ({"keys": []}, "keys"),
        ({"audience": None}, "audience"),
    ],
)
async def test_what_an_issuer_cannot_be_is_told_by_its_field(
    hub: RunningHub, platform: Platform, robot: User, changes: dict[str, Any], param: str
) -> None:
    answer = await hub.http.post(ROOT, json=body(platform, robot, **changes), headers=hub.bearer(hub.owner_key))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


async def test_only_owners_and_admins_trust_issuers(hub: RunningHub, platform: Platform, robot: User) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("PATCH", "/1"), ("DELETE", "/1")):
        assert (await hub.http.request(method, ROOT + path, json={}, headers=hub.bearer())).status_code == 403
        assert (await hub.http.request(method, ROOT + path, json={})).status_code == 401


async def test_a_platform_that_is_away_is_told_as_an_outage(hub: RunningHub, platform: Platform, robot: User) -> None:
    await trust(hub, platform, robot)
    platform.is_down = True
    await becomes(hub, platform.token(), 503)
