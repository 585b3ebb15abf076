"""The published client @aigne/aigne-hub, unchanged, is told what its calls cost, or nothing of it (contract 3.1)."""

from __future__ import annotations

import json
from asyncio import StreamWriter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from aigne_hub.base.money import NANO
from aigne_hub.catalog.rates.entries import CreditPrefix
from aigne_hub.dialects.call import Kind
from tests.databases import fresh_sqlite
from tests.dialects.chats import PIXEL
from tests.edge.films import HastyClock, Studio
from tests.prices import rate, switch
from tests.real.packages import installed, run, tool
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

_CLI = Path(__file__).parent / "aigne_cli"
PICTURES = {"created": 1, "data": [{"b64_json": PIXEL}], "usage": {"input_tokens": 9, "output_tokens": 4}}
USAGE = {
    "prompt_tokens": 5000,
    "completion_tokens": 500,
    "total_tokens": 5500,
    "prompt_tokens_details": {"cached_tokens": 4000},
}
# By hand: 1000 fresh tokens, 4000 of the cache and 500 out; a picture and 9 tokens; 8 seconds.
COSTS = {"plain": 0.0034, "streamed": 0.0034, "image": 0.04009, "video": 0.8}


class Maker(Studio):
    """A provider of chats, pictures and videos."""

    async def __call__(self, asked: Asked, writer: StreamWriter) -> None:
        if asked.path.startswith("/v1/images/"):
            await whole(PICTURES)(asked, writer)
        elif asked.path.startswith("/v1/videos"):
            await super().__call__(asked, writer)
        elif asked.json.get("stream"):
            *said, last = chunks_of(["Hel", "lo"])
            await streamed(events_of([*said, {**last, "usage": USAGE}]))(asked, writer)
        else:
            await whole({**COMPLETION, "usage": USAGE})(asked, writer)


@pytest.fixture
async def hub(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A hub for which waiting takes no time, and whose models all have rates."""
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, total_s=600.0)
    async with running_hub(settings, upstream, clock=HastyClock()) as running:
        upstream.script = Maker()
        names = [("m", Kind.chat), ("gpt-image-1", Kind.image), ("sora-2", Kind.video)]
        async with running.house.database.write() as conn:
            await running.house.providers.put_models(conn, running.provider.id, names)
        await rate(running, "m")
        await rate(running, "gpt-image-1", Kind.image, input="0.00001", output="0.04")
        await rate(running, "sora-2", Kind.video, input="0", output="0.1")
        yield running


async def seen_by_client(hub: RunningHub, home: Path) -> dict[str, Any]:
    def ask() -> dict[str, Any]:
        # For lists the client knows its hub from the environment alone.
        where = {"HUB": hub.url, "AIGNE_HUB_API_URL": hub.url, "KEY": hub.member_key, "MODEL": "up/m"}
        done = run([tool("node"), "chat.mjs", "prices"], folder=installed(_CLI), timeout_s=120, HOME=str(home), **where)
        assert done.returncode == 0, done.stderr[-3000:]
        seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return seen

    return await anyio.to_thread.run_sync(ask)


@pytest.mark.parametrize("prefix", ["$", "€", "¥", ""])
async def test_where_calls_are_priced_each_says_what_it_cost(
    hub: RunningHub, tmp_path: Path, prefix: CreditPrefix
) -> None:
    await switch(hub, prefix=prefix)
    seen = await seen_by_client(hub, tmp_path)
    told = {name: seen[name]["usage"]["aigneHubCredits"] for name in COSTS}
    assert told == COSTS
    assert [call.credits for call in await hub.calls()] == [round(cost * NANO) for cost in COSTS.values()]
    assert [seen[name]["usage"].get("creditPrefix", "") for name in COSTS] == [prefix] * 4
    assert [
        (one["model"], one["input_credits_per_token"], one["output_credits_per_token"]) for one in seen["models"]
    ] == [
        ("m", "0.000001", "0.000004"),
        ("gpt-image-1", "0.00001", "0.04"),
        ("sora-2", "0", "0.1"),
    ]
    assert [one["status"] for one in seen["models"]] == [{"available": True}] * 3
    assert "Unsupported model up/nothing" in seen["unrated"]


async def test_where_they_are_not_no_answer_tells_of_credits(hub: RunningHub, tmp_path: Path) -> None:
    await switch(hub, is_on=False)
    seen = await seen_by_client(hub, tmp_path)
    assert [name for name in COSTS if "aigneHubCredits" in seen[name]["usage"]] == []
    assert {one["input_credits_per_token"] for one in seen["models"]} == {"0"}
    assert len(seen["models"]) == 3
    assert seen["unrated"] is None
    assert [call.credits for call in await hub.calls()] == [None] * 5
