"""Google's door: asked by Google's own client, whatever the provider speaks.

Source: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.dialects.gemini.test_streams import ERROR, STREAM
from tests.running import RunningHub
from tests.upstream import COMPLETION, Upstream, chunk, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

PATH = "/v1beta/models/up/m:generateContent"
STREAM_PATH = "/v1beta/models/up/m:streamGenerateContent"
BODY = {"contents": [{"parts": [{"text": "hi"}]}]}
ANSWER = {
    "candidates": [{"content": {"parts": [{"text": "Hello"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {
        "promptTokenCount": 12,
        "candidatesTokenCount": 3,
        "thoughtsTokenCount": 4,
        "totalTokenCount": 19,
    },
    "modelVersion": "gemini-x",
    "responseId": "r1",
    "unheardOf": True,
}
DECLARED = types.FunctionDeclaration(name="f", description="d", parameters_json_schema={"type": "object"})
TOOLS: list[Any] = [types.Tool(function_declarations=[DECLARED])]


@pytest.fixture
async def client(hub: RunningHub) -> AsyncIterator[genai.client.AsyncClient]:
    options = types.HttpOptions(base_url=hub.url, retry_options=types.HttpRetryOptions(attempts=1))
    async with genai.Client(api_key=hub.member_key, http_options=options).aio as opened:
        yield opened


def key(hub: RunningHub) -> dict[str, str]:
    return {"x-goog-api-key": hub.member_key}


async def speak_gemini(hub: RunningHub) -> None:
    """Have the provider speak as Google does, and nothing else."""
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=("gemini",))
    body = {"model": "up/m", "user": "u", "messages": [{"role": "user", "content": "hi"}]}
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask(body, **{"x-hub-strict": "1"})).status_code == 200:
            await asyncio.sleep(0.05)


async def test_google_s_own_client_gets_an_answer_from_a_chat_provider(
    hub: RunningHub, upstream: Upstream, client: genai.client.AsyncClient
) -> None:
    config = types.GenerateContentConfig(system_instruction="be brief", max_output_tokens=9, top_k=3)
    answer = await client.models.generate_content(model="up/m", contents="hi", config=config)
    assert (answer.text, answer.model_version) == ("Hello", "m-2025")
    assert answer.usage_metadata is not None
    assert (answer.usage_metadata.prompt_token_count, answer.usage_metadata.candidates_token_count) == (12, 3)
    assert upstream.asked[0].path == "/v1/chat/completions"
    assert upstream.asked[0].json == {
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "max_tokens": 9,
    }
    call = await hub.call()
    assert (call.dialect, call.upstream_dialect, call.dropped) == ("gemini", "openai_chat", "top_k")
    assert (call.status, call.usage.input, call.usage.output) == (Status.success, 12, 3)


async def test_a_stream_crosses_too(hub: RunningHub, upstream: Upstream, client: genai.client.AsyncClient) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    chunks = [one async for one in await client.models.generate_content_stream(model="up/m", contents="hi")]
    assert "".join([one.text or "" for one in chunks]) == "Hello"
    assert chunks[-1].candidates is not None
    assert chunks[-1].candidates[0].finish_reason == "STOP"
    assert chunks[-1].usage_metadata is not None
    assert chunks[-1].usage_metadata.total_token_count == 15
    call = await hub.call()
    assert (call.status, call.usage_source) == (Status.success, Source.reported)


async def test_functions_are_called_and_answered(upstream: Upstream, client: genai.client.AsyncClient) -> None:
    use = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    said = {"message": {"role": "assistant", "content": None, "tool_calls": [use]}, "finish_reason": "tool_calls"}
    upstream.script = whole({**COMPLETION, "choices": [said]})
    chat = client.chats.create(model="up/m", config=types.GenerateContentConfig(tools=TOOLS))
    called = await chat.send_message("go")
    assert called.function_calls is not None
    assert (called.function_calls[0].id, called.function_calls[0].args) == ("c1", {"a": 1})
    upstream.script = whole(COMPLETION)
    result = types.Part.from_function_response(name="f", response={"output": "ok"})
    assert (await chat.send_message(result)).text == "Hello"
    sent = upstream.asked[-1].json
    assert [message["role"] for message in sent["messages"]] == ["user", "assistant", "tool"]
    assert sent["messages"][1]["tool_calls"] == [use]
    assert sent["messages"][2] == {"role": "tool", "tool_call_id": "c1", "content": "ok"}
    assert sent["tools"][0]["function"] == {"name": "f", "description": "d", "parameters": {"type": "object"}}


async def test_functions_within_a_stream(upstream: Upstream, client: genai.client.AsyncClient) -> None:
    use = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    deltas = [({"tool_calls": [use]}, None), ({}, "tool_calls")]
    pieces = [chunk(choices=[{"index": 0, "delta": delta, "finish_reason": end}]) for delta, end in deltas]
    upstream.script = streamed(events_of(pieces))
    config = types.GenerateContentConfig(tools=TOOLS)
    stream = await client.models.generate_content_stream(model="up/m", contents="go", config=config)
    calls = [call for one in [one async for one in stream] for call in one.function_calls or ()]
    assert [(call.id, call.name, call.args) for call in calls] == [("c1", "f", {"a": 1})]


async def test_a_provider_that_speaks_as_google_gets_the_body_as_it_is(hub: RunningHub, upstream: Upstream) -> None:
    await speak_gemini(hub)
    upstream.script = whole(ANSWER)
    upstream.asked.clear()
    body = b'{ "contents":[{"parts":[{"text":"h\\u00e9"}]}] , "x_new": 1e400 }'
    answer = await hub.http.post(PATH, content=body, headers=key(hub))
    assert answer.content == json.dumps(ANSWER).encode()
    assert (upstream.asked[0].body, upstream.asked[0].path) == (body, "/v1/models/m:generateContent")
    assert upstream.asked[0].headers["x-goog-api-key"] == "sk-upstream-0123456789"
    assert "authorization" not in upstream.asked[0].headers
    call = (await hub.calls())[-1]
    assert (call.usage.input, call.usage.output, call.usage.reasoning) == (12, 3, 4)
    assert (call.dialect, call.upstream_dialect) == ("gemini", "gemini")


async def test_google_s_stream_passes_as_it_is(hub: RunningHub, upstream: Upstream) -> None:
    await speak_gemini(hub)
    upstream.script = streamed([STREAM[:100], STREAM[100:]])
    answer = await hub.http.post(STREAM_PATH + "?alt=sse", json=BODY, headers=key(hub))
    assert answer.content == STREAM.replace(b"\r\n", b"\n")
    assert upstream.asked[-1].path == "/v1/models/m:streamGenerateContent?alt=sse"
    call = (await hub.calls())[-1]
    assert (call.status, call.usage.input, call.usage.output) == (Status.success, 9, 7)


async def test_a_chat_caller_reaches_a_provider_that_speaks_as_google(hub: RunningHub, upstream: Upstream) -> None:
    await speak_gemini(hub)
    upstream.script = whole(ANSWER)
    answer = await hub.ask()
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    assert answer.json()["usage"]["completion_tokens"] == 7
    assert upstream.asked[-1].json == {"contents": [{"parts": [{"text": "hi"}], "role": "user"}]}
    upstream.script = streamed([STREAM])
    body = {"model": "up/m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    told = (await hub.ask(body)).text
    assert '"content":"Hel"' in told
    assert '"thought_signature":"c2ln"' in told
    assert told.endswith("data: [DONE]\n\n")


async def test_without_alt_a_stream_is_an_array(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    answer = await hub.http.post(STREAM_PATH, json=BODY, headers=key(hub))
    assert answer.headers["content-type"] == "application/json"
    texts = [one["candidates"][0]["content"]["parts"][0]["text"] for one in answer.json()]
    assert "".join(texts) == "Hello"
    upstream.script = streamed(
        [*events_of(chunks_of(["Hel"])[:2], done=False), b'data: {"error":{"message":"boom"}}\n\n']
    )
    answer = await hub.http.post(STREAM_PATH, json=BODY, headers=key(hub))
    assert "boom" in answer.json()[-1]["error"]["message"]


@pytest.mark.parametrize("model", ["up/m", "up%2Fm", "models/up/m", "models%2Fup%2Fm"])
async def test_a_model_may_be_written_in_every_way(hub: RunningHub, model: str) -> None:
    for version in ("/v1beta", "/v1alpha", "/v1", "/ai-kit/v1beta", "/ai-kit/v1"):
        answer = await hub.http.post(f"{version}/models/{model}:generateContent", json=BODY, headers=key(hub))
        assert answer.json()["candidates"][0]["content"]["parts"] == [{"text": "Hello"}]


async def test_the_key_may_stand_in_the_query(hub: RunningHub, upstream: Upstream) -> None:
    assert (await hub.http.post(f"{PATH}?key={hub.member_key}", json=BODY)).status_code == 200
    assert hub.member_key not in str(upstream.asked)
    twice = await hub.http.post(f"{PATH}?key={hub.member_key}", json=BODY, headers=key(hub))
    assert (twice.status_code, twice.json()["error"]["reason"]) == (400, "multiple_credentials")
    assert (await hub.http.post(f"/v1/chat/completions?key={hub.member_key}", json=BODY)).status_code == 401


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (400, 400, "INVALID_ARGUMENT"),
        (401, 502, "UNAVAILABLE"),
        (403, 502, "UNAVAILABLE"),
        (404, 404, "NOT_FOUND"),
        (429, 429, "RESOURCE_EXHAUSTED"),
        (503, 503, "UNAVAILABLE"),
    ],
)
async def test_errors_of_the_provider_are_google_s_client_s_own(
    upstream: Upstream, client: genai.client.AsyncClient, status: int, code: int, word: str
) -> None:
    """https://ai.google.dev/gemini-api/docs/troubleshooting"""
    upstream.script = whole({"error": {"code": status, "message": "no such thing", "status": "X"}}, status)
    with pytest.raises(errors.APIError) as failed:
        await client.models.generate_content(model="up/m", contents="hi")
    assert (failed.value.code, failed.value.status) == (code, word)


async def test_an_error_in_a_stream_ends_it(
    hub: RunningHub, upstream: Upstream, client: genai.client.AsyncClient
) -> None:
    await speak_gemini(hub)
    first = STREAM.split(b"\r\n\r\n")[0]
    upstream.script = streamed([first + b"\n\n", b"data: " + json.dumps(ERROR).encode() + b"\n\n"])
    with pytest.raises(errors.ServerError, match="overloaded"):
        async for _ in await client.models.generate_content_stream(model="up/m", contents="hi"):
            pass
    assert (await hub.calls())[-1].status is Status.failed


async def test_a_refused_prompt_is_an_answer(
    hub: RunningHub, upstream: Upstream, client: genai.client.AsyncClient
) -> None:
    await speak_gemini(hub)
    upstream.script = whole({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})
    answer = await client.models.generate_content(model="up/m", contents="hi")
    assert answer.prompt_feedback is not None
    assert answer.prompt_feedback.block_reason == "SAFETY"
    assert (await hub.ask()).json()["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize("headers", [{"x-goog-api-key": "wrong"}, {}])
async def test_a_wrong_key_is_refused_in_the_dialect(hub: RunningHub, headers: dict[str, str]) -> None:
    answer = await hub.http.post(PATH, json=BODY, headers=headers)
    assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1beta/models/up/m:predict", 404),
        ("/v1beta/models/up/m", 404),
        ("/v1beta/models/:generateContent", 400),
        (f"/v1beta/models/{'m' * 201}:generateContent", 400),
        (PATH + "?" + "&".join(["a=1"] * 51), 400),
    ],
)
async def test_other_paths_are_refused_in_the_dialect(hub: RunningHub, path: str, status: int) -> None:
    answer = await hub.http.post(path, json=BODY, headers=key(hub))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, status)
    assert answer.headers["x-request-id"]


async def test_what_is_of_this_api_is_never_a_page(hub: RunningHub) -> None:
    for path in ("/v1beta/nothing", PATH, "/v1/models/up/m"):
        answer = await hub.http.get(path, headers={"accept": "text/html"})
        assert answer.headers["content-type"] == "application/json"
        assert answer.status_code in (401, 404, 405)


async def test_google_s_own_client_gets_embeddings_of_whatever_provider(
    hub: RunningHub, upstream: Upstream, client: genai.client.AsyncClient
) -> None:
    data = [{"object": "embedding", "index": i, "embedding": [0.5, i]} for i in (0, 1)]
    upstream.script = whole({"object": "list", "data": data, "usage": {"prompt_tokens": 4, "total_tokens": 4}})
    found = await client.models.embed_content(model="up/e", contents=["a", "b"])
    assert found.embeddings is not None
    assert [one.values for one in found.embeddings] == [[0.5, 0], [0.5, 1]]
    assert upstream.asked[0].json == {"model": "e", "input": ["a", "b"]}
    call = await hub.call()
    assert (call.dialect, call.upstream_dialect, call.usage.input) == ("gemini_embeddings", "openai_embeddings", 4)
