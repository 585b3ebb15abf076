"""Managing credentials over the API: none is kept before its provider took it (contract 2.8)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from tests.running import RunningHub
from tests.upstream import COMPLETION, Upstream, whole

pytestmark = pytest.mark.anyio

MODELS = {"object": "list", "data": [{"id": "m1"}, {"id": "text-embed-1"}]}
NEW = {"name": "team", "value": "sk-team-0123456789abcdef"}


async def manage(
    hub: RunningHub, method: str, path: str = "", body: Any = None, key: str | None = None
) -> httpx.Response:
    path = f"/api/ai-providers/{hub.provider.id}/credentials{path}"
    return await hub.http.request(method, path, json=body, headers=hub.bearer(key or hub.owner_key))


async def names(hub: RunningHub) -> list[str]:
    (provider,) = (await hub.http.get("/api/ai-providers", headers=hub.bearer(hub.owner_key))).json()
    return [one["name"] for one in provider["credentials"]]


async def test_a_good_credential_is_tried_and_kept(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole(MODELS)
    kept = await manage(hub, "POST", "", NEW)
    assert kept.status_code == 200
    shown = kept.json()
    assert (shown["name"], shown["active"], shown["error"]) == ("team", True, None)
    assert shown["maskedValue"] == {"api_key": "sk-t****************cdef"}
    assert NEW["value"] not in kept.text
    (asked,) = upstream.asked
    assert (asked.method, asked.path) == ("GET", "/v1/models")
    assert asked.headers["authorization"] == f"Bearer {NEW['value']}"
    assert await names(hub) == ["first", "team"]


async def test_a_refused_credential_is_not_kept(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"error": {"message": f"bad key {NEW['value']}"}}, 401)
    refused = await manage(hub, "POST", "", NEW)
    assert (refused.status_code, refused.json()["error"]) == (400, "Upstream refused the credential (status 401)")
    assert NEW["value"] not in refused.text
    assert await names(hub) == ["first"]


async def test_a_provider_that_keeps_no_list_is_said_hello_to(hub: RunningHub, upstream: Upstream) -> None:
    async def script(asked, writer):  # type: ignore[no-untyped-def]
        await (whole({}, 404) if asked.method == "GET" else whole(COMPLETION))(asked, writer)

    upstream.script = script
    assert (await manage(hub, "POST", "", {**NEW, "testModel": "m9"})).status_code == 200
    assert upstream.asked[-1].json["model"] == "m9"
    needs_model = await manage(hub, "POST", "", NEW)
    assert needs_model.status_code == 400
    assert "name a test model" in needs_model.json()["error"]


async def test_a_credential_can_be_tested_without_being_kept_and_not_too_often(
    hub: RunningHub, upstream: Upstream
) -> None:
    upstream.script = whole(MODELS)
    for _ in range(5):
        assert (await manage(hub, "POST", "/test", {"value": NEW["value"]})).json() == {"success": True}
    limited = await manage(hub, "POST", "/test", {"value": NEW["value"]})
    assert (limited.status_code, limited.json()["error"]) == (429, "Rate limit exceeded")
    assert int(limited.headers["retry-after"]) == limited.json()["retryAfter"] > 500
    assert await names(hub) == ["first"]


async def test_a_credential_is_changed_checked_and_deleted(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole(MODELS)
    kept = (await manage(hub, "POST", "", NEW)).json()
    path = f"/{kept['id']}"
    changed = (await manage(hub, "PUT", path, {"name": "new", "value": "sk-new-0123456789"})).json()
    assert (changed["id"], changed["name"], changed["displayText"]) == (kept["id"], "new", "sk-n*********6789")
    checked = await manage(hub, "GET", f"{path}/check")
    assert checked.json()["active"] is True
    assert upstream.asked[-1].headers["authorization"] == "Bearer sk-new-0123456789"
    deleted = await manage(hub, "DELETE", path)
    assert deleted.json() == {"message": "Credential deleted successfully"}
    assert await names(hub) == ["first"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "n", "value": ""}, "called with an api_key"),
        ({"name": "n", "value": {}}, "called with an api_key"),
        ({"name": "n", "value": {"api_key": "a\nb"}}, "visible ASCII"),
        ({"name": "", "value": "sk-0123456789"}, "Validation error: name"),
        ({"name": "n"}, "Validation error: value"),
        ({"name": "n", "value": "sk-0123456789", "weigth": 10}, "Validation error: weigth"),
        ({"name": "n", "value": "sk-0123456789", "weight": -1}, "weight"),
        ({"name": "n", "value": "sk-0123456789", "weight": 1001}, "weight"),
        ({"name": "n", "value": "sk-0123456789", "weight": 1.5}, "Validation error: weight"),
        ({"name": "n", "value": "sk-0123456789", "weight": "5"}, "Validation error: weight"),
        ({"name": "n", "value": "sk-0123456789", "weight": True}, "Validation error: weight"),
        ({"name": "n", "value": 7}, "Validation error: value"),
        ({"name": "n", "value": "sk", "credentialType": "password"}, "Validation error: credentialType"),
    ],
)
async def test_a_bad_credential_is_refused_in_a_sentence(
    hub: RunningHub, upstream: Upstream, body: dict[str, Any], message: str
) -> None:
    answer = await manage(hub, "POST", "", body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert upstream.asked == []


async def test_a_credential_has_a_weight_that_can_be_changed(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole(MODELS)
    kept = (await manage(hub, "POST", "", {**NEW, "weight": 30})).json()
    assert (kept["weight"], kept["state"], kept["nextCheckAt"]) == (30, "active", None)
    path, asked = f"/{kept['id']}", len(upstream.asked)
    for weight in (0, 1, 1000):
        changed = (await manage(hub, "PUT", path, {"weight": weight})).json()
        assert (changed["weight"], changed["name"], changed["active"]) == (weight, "team", True)
    assert len(upstream.asked) == asked
    bad: list[tuple[float, str]] = [
        (-1, "greater than or equal to 0"),
        (1001, "less than or equal to 1000"),
        (0.5, "integer"),
    ]
    for given, reason in bad:
        refused = await manage(hub, "PUT", path, {"weight": given})
        assert (refused.status_code, reason in refused.json()["error"]) == (400, True), refused.text
    assert (await manage(hub, "PUT", path, {"weight": 5})).json()["weight"] == 5
    again = {"value": "sk-again-0123456789"}
    assert [(await manage(hub, "PUT", path, again)).json()[what] for what in ("weight", "name")] == [5, "team"]
    assert (await manage(hub, "GET", f"{path}/check")).json()["weight"] == 5


async def test_a_credential_is_switched_off_and_on_by_hand(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole(MODELS)
    kept = (await manage(hub, "POST", "", NEW)).json()
    path = f"/{kept['id']}"
    off = (await manage(hub, "PUT", path, {"active": False})).json()
    assert (off["active"], off["state"], off["error"]) == (False, "off", None)
    named = (await manage(hub, "PUT", path, {"name": "other"})).json()
    assert (named["name"], named["state"]) == ("other", "off")
    replaced = (await manage(hub, "PUT", path, {"value": "sk-again-0123456789", "active": False})).json()
    assert replaced["state"] == "off"
    assert (await manage(hub, "PUT", path, {"active": True})).json()["state"] == "active"
    refused = await manage(hub, "PUT", path, {"testModel": "m"})
    assert (refused.status_code, "go with its value" in refused.json()["error"]) == (400, True)


async def test_a_refused_credential_says_why_and_when_it_is_tried_again(hub: RunningHub) -> None:
    await hub.house.freshness.look()
    error = UpstreamFailed(Failure.credential, "no", upstream_status=401, said="key was revoked")
    off = {"active": False, "state": "invalid"}
    hub.house.health.failed(hub.house.catalog.peek("up/m"), error)
    await hub.house.credential_health.deactivate_refused()
    (provider,) = (await hub.http.get("/api/ai-providers", headers=hub.bearer(hub.owner_key))).json()
    (shown,) = provider["credentials"]
    assert {name: shown[name] for name in off} == off
    assert shown["error"] == "the provider refused the credential (status 401): key was revoked"
    assert shown["nextCheckAt"] > shown["updatedAt"]


async def test_only_owners_and_admins_manage(hub: RunningHub) -> None:
    for method, path in (("POST", ""), ("POST", "/test"), ("PUT", "/1"), ("DELETE", "/1"), ("GET", "/1/check")):
        assert (await manage(hub, method, path, NEW, key=hub.member_key)).status_code == 403


async def test_a_credential_that_is_not_there_is_not_found(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole(MODELS)
    for method, path in (("PUT", "/1"), ("DELETE", "/1"), ("GET", "/1/check"), ("DELETE", "/x")):
        answer = await manage(hub, method, path, NEW)
        assert (answer.status_code, answer.json()["error"]) == (404, "Credential not found")


async def test_a_credential_has_a_concurrency_of_its_own(hub: RunningHub, upstream: Upstream) -> None:
    path = f"/api/ai-providers/{hub.provider.id}/credentials"
    upstream.script = whole({"data": [{"id": "m"}]})
    body = {"name": "two", "value": "sk-two-0123456789", "concurrency": 3}
    made = await hub.http.post(path, json=body, headers=hub.bearer(hub.owner_key))
    assert made.json()["concurrency"] == 3, made.text
    for change, shown in (({"concurrency": 9}, 9), ({"weight": 7}, 9), ({"concurrency": 0}, None)):
        changed = await hub.http.put(f"{path}/{made.json()['id']}", json=change, headers=hub.bearer(hub.owner_key))
        assert changed.json()["concurrency"] == shown
    refused = await hub.http.put(
        f"{path}/{made.json()['id']}", json={"concurrency": -1}, headers=hub.bearer(hub.owner_key)
    )
    assert refused.status_code == 400
