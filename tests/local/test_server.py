"""The child process is tested here, with the real model, over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from aigne_hub.local.supervisor import MODEL_NAME, find_model, is_available

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not is_available(), reason="the local model is not installed")]

QUESTION = {"model": MODEL_NAME, "messages": [{"role": "user", "content": "Name three colors."}], "max_tokens": 16}


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    api_key = secrets.token_hex()
    job = {"model": str(find_model()), "alias": MODEL_NAME, "api_key": api_key}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aigne_hub.local.server"),
        stdin=PIPE,
        stdout=PIPE,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job).encode() + b"\n")
        async with asyncio.timeout(30):
            address = json.loads(await process.stdout.readline())["address"]
        headers = {"authorization": f"Bearer {api_key}"}
        # The server closes a connection after a stream although it has promised to keep it.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=f"{address}/v1", headers=headers, timeout=30, limits=limits) as http:
            yield process, http
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def embed(http: httpx.AsyncClient, *texts: str) -> list[list[float]]:
    answer = await http.post("/embeddings", json={"model": MODEL_NAME, "input": texts})
    assert answer.status_code == 200, answer.text
    return [one["embedding"] for one in answer.json()["data"]]


def likeness(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


async def test_one_server_chats_streams_and_embeds() -> None:
    async with served() as (_, http):
        whole = (await http.post("/chat/completions", json=QUESTION)).json()
        assert whole["choices"][0]["message"]["content"]
        assert whole["usage"]["completion_tokens"] <= 16

        text, usage = await _stream(http)
        assert text
        assert usage["completion_tokens"] <= 16

        cat, kitten, revenue = await embed(http, "The cat sat on the mat", "A kitten sits on a rug", "Revenue rose 8%")
        assert likeness(cat, cat) == pytest.approx(1, abs=1e-3)
        assert likeness(cat, kitten) > likeness(cat, revenue)


async def _stream(http: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    body = {**QUESTION, "stream": True, "stream_options": {"include_usage": True}}
    usage: dict[str, Any] = {}
    text, last = "", ""
    async with http.stream("POST", "/chat/completions", json=body) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            last = line or last
            if line.startswith("data: {"):
                chunk = json.loads(line.removeprefix("data: "))
                text += "".join(choice["delta"].get("content") or "" for choice in chunk["choices"])
                usage = chunk.get("usage") or usage
    assert last == "data: [DONE]"
    return text, usage


async def test_chat_answers_the_same_before_during_and_after_embeddings() -> None:
    async with served() as (_, http):

        async def ask() -> str:
            answer = await http.post("/chat/completions", json={**QUESTION, "temperature": 0})
            return str(answer.json()["choices"][0]["message"]["content"])

        before = await ask()
        during, *_ = await asyncio.gather(ask(), *(embed(http, "Why is the sky blue?") for _ in range(4)))
        assert [during, await ask()] == [before, before]


async def test_a_wrong_key_is_refused() -> None:
    async with served() as (_, http):
        for headers in ({"authorization": "Bearer wrong"}, {"authorization": ""}):
            for path in ("/chat/completions", "/embeddings", "/models"):
                answer = await http.post(path, json=QUESTION, headers=headers)
                assert answer.status_code == 401, path


async def test_it_listens_on_loopback_only_and_serves_no_page() -> None:
    async with served() as (_, http):
        assert http.base_url.host == "127.0.0.1"
        assert (await http.get(http.base_url.copy_with(path="/"))).status_code == 404


async def test_the_end_of_its_input_ends_it_even_while_it_answers() -> None:
    async with served() as (process, http):
        assert process.stdin is not None
        body = {**QUESTION, "stream": True, "max_tokens": 2000, "ignore_eos": True}
        async with http.stream("POST", "/chat/completions", json=body) as answer:
            await anext(answer.aiter_lines())
            process.stdin.close()
            async with asyncio.timeout(5):
                assert await process.wait() == 0
