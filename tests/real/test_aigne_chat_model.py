"""The published client @aigne/aigne-hub, unchanged, chats with the real model through the hub (contract 3.1)."""

from __future__ import annotations

import asyncio
import json
from asyncio import StreamWriter
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from aigne_hub.dialects.call import Kind
from tests.real.conftest import MODEL, RealHub
from tests.real.packages import installed, run, tool
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, chunk, events_of, streamed, whole

_CLI = Path(__file__).parent / "aigne_cli"


def test_chat_plain_streamed_and_structured(real_hub: RealHub, tmp_path: Path) -> None:
    done = run(
        [tool("node"), "chat.mjs"],
        folder=installed(_CLI),
        timeout_s=180,
        HUB=real_hub.url,
        KEY=real_hub.key,
        MODEL=MODEL,
        HOME=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["plain"]["text"]
    assert seen["plain"]["usage"]["inputTokens"] + seen["plain"]["usage"].get("cacheReadInputTokens", 0) > 0
    assert seen["plain"]["usage"]["outputTokens"] > 0
    assert seen["streamed"]["text"]
    assert seen["streamed"]["modelWithProvider"] == MODEL
    assert set(seen["structured"]["json"]) == {"city", "warm"}
    assert "the access key is not valid" in seen["refused"]["message"]
    record = real_hub.last_call()
    assert (record["status"], record["model"]) == ("success", MODEL)


@pytest.mark.anyio
async def test_its_lists_of_models_are_read(hub: RunningHub, tmp_path: Path) -> None:
    names = [("gpt-4o", Kind.chat), ("gpt-image-1", Kind.image), ("sora-2", Kind.video), ("e", Kind.embedding)]
    async with hub.house.database.write() as conn:
        await hub.house.providers.put_models(conn, hub.provider.id, names)
    async with asyncio.timeout(10):
        while len((await hub.http.get("/api/ai/models")).json()) != len(names):
            await asyncio.sleep(0.05)

    def ask() -> dict[str, Any]:
        # For lists the client knows its hub from the environment alone.
        where = {"AIGNE_HUB_API_URL": hub.url, "HOME": str(tmp_path)}
        done = run([tool("node"), "chat.mjs", "models"], folder=installed(_CLI), timeout_s=120, **where)
        assert done.returncode == 0, done.stderr[-3000:]
        seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return seen

    seen = await anyio.to_thread.run_sync(ask)
    models = {kind: [(one["provider"], one["model"]) for one in found] for kind, found in seen.items()}
    assert models == {"chat": [("up", "gpt-4o")], "image": [("up", "gpt-image-1")], "video": [("up", "sora-2")]}
    assert seen["chat"][0]["status"] == {"available": True}


USE = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}


async def with_tools(asked: Asked, writer: StreamWriter) -> None:
    """A provider whose model wants a tool, and one whose stream breaks off."""
    if not asked.json.get("stream"):
        message = {"role": "assistant", "content": None, "tool_calls": [USE]}
        choices = [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
        await whole({"choices": choices, "usage": {"prompt_tokens": 3, "completion_tokens": 2}})(asked, writer)
        return
    if asked.json["messages"][0]["content"] == "break":
        await streamed([b'data: {"error":{"message":"the model fell asleep"}}\n\n'])(asked, writer)
        return
    delta = {"tool_calls": [{"index": 0, **USE}]}
    chunks = [chunk(choices=[{"index": 0, "delta": delta, "finish_reason": "tool_calls"}])]
    await streamed(events_of(chunks))(asked, writer)


@pytest.mark.anyio
async def test_tools_whole_and_streamed_and_an_error_in_a_stream(
    hub: RunningHub, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = with_tools

    def ask() -> dict[str, Any]:
        where = {"HUB": hub.url, "KEY": hub.member_key, "MODEL": "up/m", "HOME": str(tmp_path)}
        done = run([tool("node"), "chat.mjs", "tools"], folder=installed(_CLI), timeout_s=120, **where)
        assert done.returncode == 0, done.stderr[-3000:]
        seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return seen

    seen = await anyio.to_thread.run_sync(ask)
    for answer in (seen["whole"], seen["streamed"]):
        (call,) = answer["toolCalls"]
        assert (call["id"], call["function"]) == ("c1", {"name": "weather", "arguments": {"city": "Paris"}})
    assert "the model fell asleep" in seen["broken"]
    assert upstream.asked[0].json["tool_choice"] == "required"
