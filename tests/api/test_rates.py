"""Rates over the API (contract 2.8)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio

ROOT = "/api/ai-providers"
RATE = {"model": "gpt-4o", "type": "chatCompletion", "inputRate": "0.000001", "outputRate": "0.000004"}


async def manage(hub: RunningHub, method: str, path: str, body: Any = None) -> httpx.Response:
    return await hub.http.request(method, ROOT + path, json=body, headers=hub.bearer(hub.owner_key))


async def done(hub: RunningHub, method: str, path: str, body: Any = None) -> Any:
    answer = await manage(hub, method, path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def another(hub: RunningHub) -> str:
    body = {"name": "other", "displayName": "Other", "baseUrl": "http://10.0.0.7/v1"}
    made: dict[str, str] = await done(hub, "POST", "", body)
    return made["id"]


async def test_a_rate_is_made_changed_listed_and_deleted(hub: RunningHub) -> None:
    path = f"/{hub.provider.id}/model-rates"
    made = await done(hub, "POST", path, {**RATE, "description": "Fast.", "caching": {"readRate": "0.0000001"}})
    assert (made["providerId"], made["modelDisplay"], made["type"]) == (
        str(hub.provider.id),
        "Gpt 4o",
        "chatCompletion",
    )
    assert (made["inputRate"], made["outputRate"], made["caching"]) == (
        "0.000001",
        "0.000004",
        {"readRate": "0.0000001"},
    )
    changed = await done(hub, "PUT", f"{path}/{made['id']}", {"inputRate": 0.000002})
    assert {**changed, "updatedAt": 0} == {**made, "inputRate": "0.000002", "updatedAt": 0}
    assert await done(hub, "GET", f"{path}?includeDeprecated=true") == [changed]
    deleted = await done(hub, "DELETE", f"{path}/{made['id']}")
    assert deleted == {"message": "Model rate deleted successfully"}
    assert await done(hub, "GET", path) == []


async def test_a_rate_is_there_once_for_a_provider_a_model_and_a_type(hub: RunningHub) -> None:
    path = f"/{hub.provider.id}/model-rates"
    await done(hub, "POST", path, RATE)
    refused = await manage(hub, "POST", path, RATE)
    assert refused.status_code == 409
    assert refused.json()["error"] == "Rate already exists for this provider-model-type combination"
    await done(hub, "POST", path, {**RATE, "type": "imageGeneration"})


async def test_what_cannot_be_is_refused_with_a_reason(hub: RunningHub) -> None:
    path = f"/{hub.provider.id}/model-rates"
    for change, why in (
        ({"inputRate": "0.0000000000000001"}, "at most 15 places"),
        ({"owner": "eve"}, "owner"),
        ({"outputRate": -1}, "not negative"),
    ):
        refused = await manage(hub, "POST", path, {**RATE, **change})
        assert (refused.status_code, why in refused.json()["error"]) == (400, True), refused.text
    for method, where in (("GET", "/9/model-rates"), ("POST", "/9/model-rates"), ("DELETE", f"{path}/9")):
        assert (await manage(hub, method, where, RATE if method == "POST" else None)).status_code == 404
    made = await done(hub, "POST", path, RATE)
    assert (await manage(hub, "PUT", f"{path}/{made['id']}", {"model": "other"})).status_code == 400


async def test_several_providers_get_a_rate_at_once(hub: RunningHub) -> None:
    ids = [str(hub.provider.id), await another(hub)]
    made = await done(hub, "POST", "/model-rates", {**RATE, "providers": ids})
    assert (made["message"], made["summary"]) == ("Successfully created 2 model rates", {"total": 2})
    assert [one["providerId"] for one in made["data"]] == ids
    taken = await manage(hub, "POST", "/model-rates", {**RATE, "providers": ids})
    assert (taken.status_code, "Upstream, Other" in taken.json()["error"]) == (409, True)
    missing = await manage(hub, "POST", "/model-rates", {**RATE, "model": "m", "providers": [*ids, "7"]})
    assert (missing.status_code, missing.json()["error"]) == (400, "Providers not found: 7")
    assert (await manage(hub, "POST", "/model-rates", {**RATE, "providers": []})).status_code == 400


async def test_all_rates_are_paged_with_their_providers(hub: RunningHub) -> None:
    other = await another(hub)
    for model in ("a", "b", "c"):
        await done(hub, "POST", f"/{hub.provider.id}/model-rates", {**RATE, "model": model})
    await done(hub, "POST", f"/{other}/model-rates", RATE)
    page = await done(hub, "GET", "/model-rates?pageSize=2&page=2")
    assert (page["count"], page["paging"]) == (4, {"page": 2, "pageSize": 2})
    assert [one["model"] for one in page["list"]] == ["b", "a"]
    assert page["list"][0]["provider"]["name"] == "up"
    assert page["list"][0]["status"] == {"available": True, "error": None}

    async def models(query: str) -> list[str]:
        return [one["model"] for one in (await done(hub, "GET", f"/model-rates?{query}"))["list"]]

    assert await models(f"providerId={other},{hub.provider.id}&o=asc") == ["a", "b", "c", "gpt-4o"]
    assert await models(f"providerId={other}") == await models("model=GPT") == await models("q=4o") == ["gpt-4o"]
    newest = (await done(hub, "GET", "/model-rates"))["list"][0]
    assert (newest["model"], newest["status"]) == ("gpt-4o", {"available": False, "error": None})
    listed = await done(hub, "GET", "?includeModelRates=true")
    assert [[one["model"] for one in provider["modelRates"]] for provider in listed] == [["a", "b", "c"], ["gpt-4o"]]
    assert "modelRates" not in (await done(hub, "GET", ""))[0]


async def test_a_margin_is_laid_over_all_that_has_a_cost(hub: RunningHub) -> None:
    path = f"/{hub.provider.id}/model-rates"
    costs = {"input": "0.0000025", "output": 0.00001}
    made = await done(hub, "POST", path, {**RATE, "unitCosts": costs})
    await done(hub, "POST", path, {**RATE, "model": "free"})
    answer = await done(hub, "POST", "/bulk-rate-update", {"profitMargin": 20, "creditPrice": 0.000001})
    assert (answer["updated"], answer["skipped"]) == (1, 1)
    assert answer["parameters"] == {"profitMargin": "20", "creditPrice": "0.000001"}
    assert answer["summary"] == [
        {
            "id": made["id"],
            "model": "gpt-4o",
            "provider": "up",
            "oldInputRate": "0.000001",
            "newInputRate": "3",
            "oldOutputRate": "0.000004",
            "newOutputRate": "12",
        }
    ]
    now = await done(hub, "GET", path)
    assert [(one["inputRate"], one["outputRate"]) for one in now] == [("0.000001", "0.000004"), ("3", "12")]
    for wrong in ({"creditPrice": 0}, {"mode": "sync"}, {"profitMargin": -1}):
        body = {"profitMargin": 20, "creditPrice": 1, **wrong}
        assert (await manage(hub, "POST", "/bulk-rate-update", body)).status_code == 400


async def test_a_provider_that_is_deleted_takes_its_rates_along(hub: RunningHub) -> None:
    other = await another(hub)
    await done(hub, "POST", f"/{other}/model-rates", RATE)
    await done(hub, "DELETE", f"/{other}")
    assert (await done(hub, "GET", "/model-rates"))["count"] == 0
