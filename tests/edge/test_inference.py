"""The inference door: every path it serves, and the shapes the reference's clients need (contract 2.3)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from aigne_hub.base.load import MOST_RUNNING
from aigne_hub.edge.app import Edge
from aigne_hub.edge.reading import BodyReader
from aigne_hub.edge.wire import Receive, Scope, Send
from tests.running import RunningHub
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

REFERENCE_PATHS = ["/api/v2/chat/completions", "/api/v2/completions", "/api/v2/chat", "/api/chat/completions"]
BODY = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}
CLIENT = {"accept": "text/event-stream", "x-aigne-hub-client-did": "zApp"}


@pytest.mark.parametrize("mount", ["", "/ai-kit"])
@pytest.mark.parametrize("path", REFERENCE_PATHS)
async def test_the_references_paths_answer_in_both_shapes(hub: RunningHub, mount: str, path: str) -> None:
    answer = (await hub.ask(BODY, path=mount + path)).json()
    assert answer["choices"] == COMPLETION["choices"]
    assert (answer["role"], answer["text"], answer["content"]) == ("assistant", "Hello", "Hello")
    assert answer["usage"]["inputTokens"] == answer["usage"]["prompt_tokens"] == 12
    assert answer["usage"]["modelCallId"] == str((await hub.calls())[-1].id)


@pytest.mark.parametrize("mount", ["", "/ai-kit"])
async def test_openais_path_answers_in_openais_shape(hub: RunningHub, mount: str) -> None:
    assert (await hub.ask(BODY, path=f"{mount}/v1/chat/completions")).json() == COMPLETION


async def test_an_accepted_stream_is_streamed_with_deltas(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    answer = await hub.ask(BODY, path="/api/v2/chat/completions", **CLIENT)
    *events, done = [line[6:] for line in answer.text.split("\n\n") if line]
    said = "".join(json.loads(event).get("delta", {}).get("content", "") for event in events)
    assert (said, done) == ("Hello", "[DONE]")
    assert json.loads(events[-1])["usage"]["totalTokens"] == 15


async def test_an_accepted_stream_on_openais_path_is_not_asked_for(hub: RunningHub) -> None:
    answer = await hub.ask(BODY, **CLIENT)
    assert answer.json() == COMPLETION


async def test_the_client_that_cannot_read_a_status_gets_its_error_as_an_event(hub: RunningHub) -> None:
    path = "/api/v2/chat/completions"
    answer = await hub.http.post(path, json=BODY, headers=CLIENT)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    error = json.loads(answer.text.removeprefix("data: "))["error"]
    assert (error["type"], error["code"]) == ("authentication_error", "missing_api_key")
    for headers in ({"accept": "text/event-stream"}, {"x-aigne-hub-client-did": "zApp"}):
        assert (await hub.http.post(path, json=BODY, headers=headers)).status_code == 401
    assert (await hub.http.post("/v1/chat/completions", json=BODY, headers=CLIENT)).status_code == 401


async def test_native_embeddings_are_answered_natively(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"data": [{"embedding": [1, 2]}], "usage": {"prompt_tokens": 3}})
    body = {"input": {"input": ["a"], "modelOptions": {"model": "up/e"}}}
    answer = await hub.ask(body, path="/api/v2/embeddings")
    assert answer.json()["embeddings"] == [[1, 2]]
    assert answer.json()["usage"]["inputTokens"] == 3


async def test_the_prefix_of_the_hub_is_no_part_of_a_model(hub: RunningHub, upstream: Upstream) -> None:
    for model in ("aignehub/up/m", "aignehub:up/m"):
        assert (await hub.ask({**BODY, "model": model})).status_code == 200
    assert [asked.json["model"] for asked in upstream.asked] == ["m", "m"]


@pytest.mark.parametrize(
    ("sent", "is_kept"), [("abc-123", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("", False)]
)
async def test_a_request_id_is_kept_when_it_may_stand_in_a_header(hub: RunningHub, sent: str, is_kept: bool) -> None:
    answer = await hub.ask(BODY, **{"x-request-id": sent})
    (call,) = await hub.calls()
    assert answer.headers["x-request-id"] == call.request_id
    assert (call.request_id == sent) is is_kept


@pytest.fixture
async def edge(hub: RunningHub) -> AsyncIterator[httpx.AsyncClient]:
    """The edge alone, over the second house."""

    async def nobody(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError("no page of this test")

    await hub.house.freshness.look()
    reader = BodyReader(hub.house.deadlines, limit=1 << 20, seconds=1.0)
    transport = httpx.ASGITransport(Edge(hub.house, reader, nobody, nobody))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=hub.bearer()) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "body", "type_"),
    [
        ("/v1/chat/completions", BODY, "server_error"),
        ("/v1/messages", {**BODY, "max_tokens": 9}, "overloaded_error"),
        ("/v1beta/models/up/m:generateContent", {"contents": []}, None),
        ("/v1/embeddings", {"model": "up/e", "input": "hi"}, "server_error"),
        ("/v1/messages/count_tokens", BODY, "overloaded_error"),
    ],
)
async def test_what_a_worker_cannot_do_it_refuses_in_the_callers_dialect(
    hub: RunningHub, upstream: Upstream, edge: httpx.AsyncClient, path: str, body: dict[str, Any], type_: str | None
) -> None:
    load = hub.house.load
    load.running = MOST_RUNNING
    refused = await edge.post(path, json=body)
    assert refused.status_code == 503
    assert 1 <= int(refused.headers["retry-after"]) <= 4
    error = refused.json()["error"]
    assert "more to do than it can" in error["message"]
    assert error.get("type") == type_
    assert (await edge.get("/healthz")).status_code == 200
    assert (load.running, load.refused, upstream.asked) == (MOST_RUNNING, 1, [])


async def test_every_call_is_counted_while_it_runs_and_not_after(
    hub: RunningHub, upstream: Upstream, edge: httpx.AsyncClient
) -> None:
    seen: list[int] = []

    async def look(asked: Asked, writer: asyncio.StreamWriter) -> None:
        seen.append(hub.house.load.running)
        await (whole(COMPLETION) if len(seen) == 1 else whole({"error": {"message": "no"}}, 400))(asked, writer)

    upstream.script = look
    assert [(await edge.post("/v1/chat/completions", json=BODY)).status_code for _ in range(2)] == [200, 400]
    assert (await edge.post("/v1/chat/completions", content=b"no json")).status_code == 400
    assert (
        await edge.post("/v1/chat/completions", json=BODY, headers={"authorization": "Bearer x"})
    ).status_code == 401
    assert (seen, hub.house.load.running) == ([1, 1], 0)
