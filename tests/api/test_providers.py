"""Managing providers over the API (contract 2.8)."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from tests.running import RunningHub
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio

ROOT = "/api/ai-providers"


async def manage(
    hub: RunningHub, method: str, path: str = "", body: Any = None, key: str | None = None
) -> httpx.Response:
    return await hub.http.request(method, ROOT + path, json=body, headers=hub.bearer(key or hub.owner_key))


async def test_a_provider_is_made_changed_listed_and_deleted(hub: RunningHub) -> None:
    made = (await manage(hub, "POST", "", {"name": "my-vllm", "baseUrl": "http://10.0.0.7/v1/", "region": "eu"})).json()
    assert made["baseUrl"] == "http://10.0.0.7/v1"
    assert (made["name"], made["displayName"], made["enabled"], made["region"]) == ("my-vllm", "my-vllm", True, "eu")
    changed = await manage(hub, "PUT", f"/{made['id']}", {"displayName": "Ours", "enabled": False})
    assert {**changed.json(), "updatedAt": 0} == {**made, "displayName": "Ours", "enabled": False, "updatedAt": 0}
    listed = (await manage(hub, "GET", "?name=my-vllm")).json()
    assert [(one["displayName"], one["credentials"]) for one in listed] == [("Ours", [])]
    assert (await manage(hub, "DELETE", f"/{made['id']}")).json() == {"message": "Provider deleted successfully"}
    assert (await manage(hub, "GET", "?name=my-vllm")).json() == []


async def test_a_provider_is_called_by_another_name(hub: RunningHub) -> None:
    path, ask = f"/{hub.provider.id}", {"messages": [{"role": "user", "content": "hi"}]}
    assert (await manage(hub, "POST", "", {"name": "down", "baseUrl": "http://10.0.0.7"})).status_code == 200
    assert (await manage(hub, "PUT", path, {"name": "down"})).status_code == 409
    assert (await manage(hub, "PUT", path, {"name": "Up!"})).status_code == 400
    assert (await manage(hub, "PUT", path, {"name": "up", "region": "eu"})).json()["region"] == "eu"
    assert (await manage(hub, "PUT", path, {"name": "high"})).json()["name"] == "high"
    await hub.catch_up()
    assert (await hub.ask({**ask, "model": "high/m"})).status_code == 200
    assert (await hub.ask({**ask, "model": "up/m"})).status_code == 400


async def test_a_config_is_taken_and_what_nobody_knows_is_refused(hub: RunningHub) -> None:
    body = {"name": "own", "baseUrl": "http://10.0.0.7", "config": {"any": ["thing"]}}
    made = await manage(hub, "POST", "", body)
    assert made.status_code == 200, made.text
    for method, path in (("POST", ""), ("PUT", f"/{made.json()['id']}")):
        refused = await manage(hub, method, path, {"name": "other", "baseUrl": "http://10.0.0.8", "createdBy": "eve"})
        assert (refused.status_code, "createdBy" in refused.json()["error"]) == (400, True)


async def test_a_listing_shows_credentials_masked_and_nothing_sealed(hub: RunningHub) -> None:
    (provider,) = (await manage(hub, "GET")).json()
    (credential,) = provider["credentials"]
    assert credential["maskedValue"] == {"api_key": "sk-u**************6789"}
    assert credential["displayText"] == "sk-u**************6789"
    assert "credentialValue" not in credential
    assert "sk-upstream" not in (await manage(hub, "GET")).text


async def test_the_alias_serves_the_same(hub: RunningHub) -> None:
    for root in ("/api/ai", "/ai-kit/api/ai-providers", "/ai-kit/api/ai"):
        answer = await hub.http.get(root, headers=hub.bearer(hub.owner_key))
        assert [one["name"] for one in answer.json()] == ["up"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"name": "up", "baseUrl": "http://x"}, 409, "Provider with this name already exists"),
        ({"name": "own"}, 400, "needs a base URL"),
        ({"name": "own", "baseUrl": "gopher://x"}, 400, "the base URL cannot be used"),
        ({"name": "x" * 51, "baseUrl": "http://x"}, 400, "Validation error: name"),
        ({"baseUrl": "http://x"}, 400, "Validation error: name"),
        ([], 400, "Validation error"),
    ],
)
async def test_a_bad_provider_is_refused_in_a_sentence(hub: RunningHub, body: Any, status: int, message: str) -> None:
    answer = await manage(hub, "POST", "", body)
    assert answer.status_code == status
    assert message in answer.json()["error"]


@pytest.mark.parametrize("provider_id", ["1", "x", "-1", "99999999999999999999", "٣"])
async def test_a_provider_that_is_not_there_is_not_found(hub: RunningHub, provider_id: str) -> None:
    for method in ("PUT", "DELETE"):
        answer = await manage(hub, method, f"/{provider_id}", {})
        assert (answer.status_code, answer.json()["error"]) == (404, "Provider not found")


async def test_only_owners_and_admins_manage(hub: RunningHub) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("PUT", "/1"), ("DELETE", "/1"), ("GET", "/test-models")):
        refused = await manage(hub, method, path, {"name": "x"}, key=hub.member_key)
        assert (refused.status_code, refused.json()) == (403, {"error": "no permission", "code": "forbidden"})
        stranger = await hub.http.request(method, ROOT + path, json={"name": "x"}, headers={"x-user-role": "owner"})
        assert (stranger.status_code, stranger.json()) == (401, {"error": "not authorized", "code": "forbidden"})
        assert stranger.headers["www-authenticate"].startswith("Bearer resource_metadata=")


async def test_health_tells_anybody_what_runs_and_no_more(hub: RunningHub, upstream: Upstream) -> None:
    answer = await hub.http.get(f"{ROOT}/health")
    assert answer.json() == {"providers": {"up": {"running": True}}}


async def test_health_follows_the_state_of_the_credentials(hub: RunningHub) -> None:
    credential = (await manage(hub, "GET")).json()[0]["credentials"][0]
    path = f"/{hub.provider.id}/credentials/{credential['id']}"
    for active in (False, True):
        assert (await manage(hub, "PUT", path, {"active": active})).status_code == 200
        await hub.catch_up()
        answer = await hub.http.get(f"{ROOT}/health")
        assert answer.json() == {"providers": {"up": {"running": active}}}


async def test_a_new_provider_can_soon_be_called(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"data": [{"id": "other"}]})
    made = (await manage(hub, "POST", "", {"name": "second", "baseUrl": upstream.url})).json()
    body = {"name": "k", "value": "sk-second-0123456789"}
    assert (await manage(hub, "POST", f"/{made['id']}/credentials", body)).status_code == 200
    with anyio.fail_after(10):  # the hub hears of it within a second
        while "second/other" not in (await hub.http.get("/v1/models", headers=hub.bearer())).text:
            await anyio.sleep(0.05)


async def test_limits_are_set_shown_and_taken_away(hub: RunningHub) -> None:
    path = f"/{hub.provider.id}"
    limits = {
        "connectS": 2.0,
        "totalS": 60.0,
        "concurrency": 8,
        "queue": 2,
        "models": {"*-thinking": {"totalS": 600.0}},
    }
    assert (await manage(hub, "PUT", path, {"limits": limits})).json()["limits"] == limits
    assert (await manage(hub, "PUT", path, {"region": "eu"})).json()["limits"] == limits
    (listed,) = (await manage(hub, "GET")).json()
    assert listed["limits"] == limits
    assert (await manage(hub, "PUT", path, {"limits": {}})).json()["limits"] == {}
    made = await manage(hub, "POST", "", {"name": "own", "baseUrl": "http://10.0.0.7", "limits": {"retries": 1}})
    assert made.json()["limits"] == {"retries": 1}


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"idleS": 61, "totalS": 60}, "limits.idleS (61) is longer than totalS (60)"),
        (
            {"models": {"o*": {"firstByteS": 4000}}},
            "limits.models.o*.firstByteS is a number of seconds from 0.1 to 3600",
        ),
        ({"queue": 3}, "give concurrency too"),
        ({"connect": 3}, "limits.connect"),
        ({"models": {"o*": {"concurrency": 3}}}, "limits.models.o*.concurrency"),
        ({"totalS": True}, "limits.totalS"),
        ({"totalS": "60"}, "limits.totalS"),
        ({"retries": 1.5}, "limits.retries"),
    ],
)
async def test_limits_that_cannot_be_are_refused_and_nothing_changes(
    hub: RunningHub, limits: dict[str, Any], message: str
) -> None:
    refused = await manage(hub, "PUT", f"/{hub.provider.id}", {"limits": limits})
    assert (refused.status_code, message in refused.json()["error"]) == (400, True), refused.text
    (listed,) = (await manage(hub, "GET")).json()
    assert listed["limits"] == {"retries": 0}
