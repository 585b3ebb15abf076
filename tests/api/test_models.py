"""Models as the reference lists them (contract 2.8)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import ModelFacts
from aigne_hub.catalog.listing import TYPES
from aigne_hub.dialects.call import Kind
from tests.running import RunningHub

pytestmark = pytest.mark.anyio

NAMES = [
    ("gpt", Kind.chat),
    ("vendor/deep", Kind.chat),
    ("dall", Kind.image),
    ("embed", Kind.embedding),
    ("sora", Kind.video),
    ("whisper", Kind.audio),
    ("rank", Kind.rerank),
]


async def listed(hub: RunningHub, query: str = "", path: str = "/api/ai/models") -> list[dict[str, Any]]:
    answer = await hub.http.get(path + query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.fixture
async def full(hub: RunningHub) -> RunningHub:
    facts = {"gpt": ModelFacts(8192, None, ("tools", "vision"))}
    async with hub.house.database.write() as conn:
        await hub.house.providers.put_models(conn, hub.provider.id, NAMES, facts)
    async with asyncio.timeout(10):
        while len(await listed(hub)) != 5:
            await asyncio.sleep(0.05)
    return hub


@pytest.mark.parametrize("path", ["/api/ai/models", "/api/ai-providers/models", "/ai-kit/api/ai/models"])
async def test_everybody_may_see_what_can_be_called(full: RunningHub, path: str) -> None:
    models = {one["key"]: one for one in await listed(full, path=path)}
    assert {key: one["type"] for key, one in models.items()} == {
        "up/gpt": "chat",
        "up/vendor/deep": "chat",
        "up/dall": "image",
        "up/embed": "embedding",
        "up/sora": "video",
    }
    assert models["up/gpt"] == {
        "key": "up/gpt",
        "model": "gpt",
        "type": "chat",
        "provider": "up",
        "providerId": str(full.provider.id),
        "providerDisplayName": "Upstream",
        "input_credits_per_token": "0",
        "output_credits_per_token": "0",
        "modelMetadata": {"features": ["tools", "vision"], "contextWindow": 8192},
        "status": {"available": True},
    }
    assert models["up/embed"]["modelMetadata"] == {}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in TYPES.items() for name in names])
async def test_a_type_goes_by_several_names(full: RunningHub, kind: Kind, name: str) -> None:
    assert {one["type"] for one in await listed(full, f"?type={name}")} == {TYPES[kind][0]}


async def test_a_type_that_is_none_is_refused(hub: RunningHub) -> None:
    answer = await hub.http.get("/api/ai/models?type=poem")
    assert (answer.status_code, answer.json()["error"].split(":")[1]) == (400, " type")


async def test_nothing_is_listed_when_no_provider_is_enabled(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, enabled=False)
    async with asyncio.timeout(10):
        while await listed(hub):
            await asyncio.sleep(0.05)
