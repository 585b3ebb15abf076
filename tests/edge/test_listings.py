"""Models, status and health (contract 2.2, 3.3)."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import ListPrices, ModelFacts
from aigne_hub.dialects.call import Kind
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/v1/models", "/api/v2/models", "/ai-kit/v1/models"])
async def test_models_are_listed_as_openai_lists_them(hub: RunningHub, path: str) -> None:
    answer = (await hub.http.get(path, headers=hub.bearer())).json()
    assert answer["object"] == "list"
    assert [(one["id"], one["object"], one["owned_by"], one["type"]) for one in answer["data"]] == [
        ("up/e", "model", "up", "embedding"),
        ("up/m", "model", "up", "chatCompletion"),
    ]
    assert all(one["created"] > 1_700_000_000 for one in answer["data"])


async def test_what_is_known_of_a_model_is_listed_with_it(hub: RunningHub) -> None:
    facts = ModelFacts(128_000, ListPrices("2.5", "10", cache_read="1.25"), ("tools", "vision"))
    async with hub.house.database.write() as conn:
        names = [("known", Kind.chat), ("unknown", Kind.chat)]
        await hub.house.providers.put_models(conn, hub.provider.id, names, {"known": facts})
    async with asyncio.timeout(10):
        while True:
            listed = {
                one["model"]: one for one in (await hub.http.get("/v1/models", headers=hub.bearer())).json()["data"]
            }
            if "known" in listed:
                break
            await asyncio.sleep(0.05)
    known, unknown = listed["known"], listed["unknown"]
    assert (known["context_window"], known["abilities"]) == (128_000, ["tools", "vision"])
    assert known["pricing"] == {
        "unit": "USD per million tokens",
        "input": "2.5",
        "output": "10",
        "cache_read": "1.25",
    }
    assert unknown["abilities"] == []
    assert not {"context_window", "pricing"} & unknown.keys()
    assert (known["key"], known["providerId"]) == ("up/known", str(hub.provider.id))
    assert (known["input_credits_per_token"], known["status"]) == ("0", {"available": True})
    assert known["modelMetadata"] == {"features": ["tools", "vision"], "contextWindow": 128_000}


async def test_status_is_always_200_and_says_whether_a_model_can_be_called(hub: RunningHub) -> None:
    async def status(query: str = "") -> dict[str, object]:
        answer = await hub.http.get(f"/api/v2/status{query}", headers=hub.bearer())
        assert answer.status_code == 200
        found: dict[str, object] = answer.json()
        return found

    assert await status() == {"available": True}
    assert await status("?model=up%2Fm") == {"available": True}
    missing = await status("?model=openai%2Fgpt-4o")
    assert (missing["available"], missing["code"]) == (False, 503)
    assert missing["error"] == "Provider 'openai' is not available or not configured"
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, enabled=False)
    async with asyncio.timeout(10):
        while (await status())["available"]:
            await asyncio.sleep(0.05)
    assert await status() == {"available": False, "error": "No providers available", "code": 503}


async def test_health_and_readiness(hub: RunningHub) -> None:
    assert (await hub.http.get("/healthz")).json() == {"status": "ok"}
    assert (await hub.http.get("/readyz")).json() == {"status": "ready"}
    head = await hub.http.head("/healthz")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_query_with_too_many_fields_is_refused(hub: RunningHub) -> None:
    answer = await hub.http.get("/api/v2/status?" + "&".join(f"a{n}=1" for n in range(60)))
    assert answer.status_code == 400
