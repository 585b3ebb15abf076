"""Messages at the hub's door: the caller's dialect on this side, whatever the provider speaks on the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.dialects.test_dimensions import png
from tests.running import RunningHub
from tests.upstream import Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

BODY = {"model": "up/m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 12, "output_tokens": 3, "cache_creation_input_tokens": 5},
    "unheard_of": True,
}


HI: list[MessageParam] = [{"role": "user", "content": "hi"}]


@pytest.fixture
async def client(hub: RunningHub) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=hub.url, api_key=hub.member_key, max_retries=0) as opened:
        yield opened


async def speak(hub: RunningHub, *dialects: str) -> None:
    """Have the provider speak these."""
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=dialects)
    headers = {"x-hub-strict": "1"}
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask({"model": "up/m", "seed": 1, **BODY}, **headers)).status_code == 200:
            await asyncio.sleep(0.05)


async def test_the_caller_s_own_client_gets_a_message_from_a_chat_provider(
    hub: RunningHub, upstream: Upstream, client: anthropic.AsyncAnthropic
) -> None:
    message = await client.messages.create(
        model="up/m", max_tokens=9, system="be brief", messages=HI, extra_body={"top_k": 3}
    )
    assert message.content[0].type == "text"
    assert message.content[0].text == "Hello"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (12, 3)
    assert upstream.asked[0].path == "/v1/chat/completions"
    assert upstream.asked[0].json == {
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "max_tokens": 9,
    }
    call = await hub.call()
    assert (call.dialect, call.upstream_dialect, call.dropped) == ("anthropic_messages", "openai_chat", "top_k")
    assert (call.status, call.usage.input, call.usage.output) == (Status.success, 12, 3)


async def test_what_was_lost_is_told_and_a_strict_caller_is_refused(hub: RunningHub, upstream: Upstream) -> None:
    lossy = {**BODY, "top_k": 3}
    assert (await hub.ask(lossy, path="/v1/messages")).headers["x-hub-dropped"] == "top_k"
    assert "x-hub-dropped" not in (await hub.ask(BODY, path="/v1/messages")).headers
    upstream.asked.clear()
    refused = await hub.ask(lossy, path="/v1/messages", **{"x-hub-strict": "1"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_carried")
    assert "top_k" in refused.json()["error"]["message"]
    assert upstream.asked == []
    assert (await hub.ask(BODY, path="/v1/messages", **{"x-hub-strict": "1"})).status_code == 200


async def test_a_stream_crosses_too(hub: RunningHub, upstream: Upstream, client: anthropic.AsyncAnthropic) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    async with client.messages.stream(model="up/m", max_tokens=9, messages=HI) as stream:
        assert "".join([text async for text in stream.text_stream]) == "Hello"
        final = await stream.get_final_message()
    assert (final.stop_reason, final.usage.input_tokens, final.usage.output_tokens) == ("end_turn", 12, 3)
    call = await hub.call()
    assert (call.status, call.usage_source) == (Status.success, Source.reported)


async def test_a_provider_that_speaks_messages_gets_the_body_as_it_is(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(ANSWER)
    upstream.asked.clear()
    body = b'{ "messages":[{"role":"user","content":"h\\u00e9"}] ,"model" : "up/m", "max_tokens":9, "x_new": 1e400 }'
    answer = await hub.http.post(
        "/v1/messages",
        content=body,
        headers={"x-api-key": hub.member_key, "anthropic-beta": "new-2026", "x-other": "1"},
    )
    assert answer.content == json.dumps(ANSWER).encode()
    seen = upstream.asked[0]
    assert seen.body == body.replace(b'"up/m"', b'"m"')
    assert seen.path == "/v1/messages"
    assert seen.headers["x-api-key"] == "sk-upstream-0123456789"
    assert seen.headers["anthropic-beta"] == "new-2026"
    assert not {"authorization", "x-other"} & set(seen.headers)
    call = (await hub.calls())[-1]
    assert (call.usage.input, call.usage.output, call.usage.cache_write_5m) == (12, 3, 5)


async def test_a_stream_that_its_provider_does_not_begin_is_whole_for_the_caller_s_own_client(
    hub: RunningHub, upstream: Upstream, client: anthropic.AsyncAnthropic
) -> None:
    """As llama.cpp's, when an answer's first token is but a part of a character."""
    await speak(hub, "anthropic_messages")
    said: list[dict[str, Any]] = [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "\U0001f31f"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    upstream.script = streamed([f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in said])
    async with client.messages.stream(model="up/m", max_tokens=9, messages=HI) as stream:
        final = await stream.get_final_message()
    assert final.content[0].type == "text"
    assert (final.content[0].text, final.stop_reason) == ("\U0001f31f", "end_turn")
    call = (await hub.calls())[-1]
    assert (call.status, call.usage_source) == (Status.success, Source.estimated)


async def test_a_chat_caller_reaches_a_messages_provider(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(ANSWER)
    answer = await hub.ask()
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    told = {"prompt_tokens": 17, "completion_tokens": 3, "total_tokens": 20}
    assert answer.json()["usage"] == {**told, "prompt_tokens_details": {"cache_write_tokens": 5}}
    assert answer.headers["x-hub-dropped"] == "max_tokens=invented"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.InternalServerError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
    ],
)
async def test_errors_of_the_provider_are_the_caller_s_client_s_own(
    upstream: Upstream, client: anthropic.AsyncAnthropic, status: int, error: type[anthropic.APIStatusError]
) -> None:
    upstream.script = whole({"error": {"message": "no such thing"}}, status)
    with pytest.raises(error) as failed:
        await client.messages.create(model="up/m", max_tokens=9, messages=HI)
    assert isinstance(failed.value.body, dict)
    assert failed.value.body["type"] == "error"


async def test_an_error_in_a_stream_ends_it_with_an_event(
    hub: RunningHub, upstream: Upstream, client: anthropic.AsyncAnthropic
) -> None:
    events = [*events_of(chunks_of(["Hel"])[:2], done=False), b'data: {"error":{"message":"boom"}}\n\n']
    upstream.script = streamed(events)
    with pytest.raises(anthropic.APIStatusError, match="boom"):
        async with client.messages.stream(model="up/m", max_tokens=9, messages=HI) as stream:
            async for _ in stream.text_stream:
                pass
    assert (await hub.call()).status is Status.failed


@pytest.mark.parametrize("spoken", ["anthropic_messages", "openai_chat"])
async def test_a_picture_that_claude_would_refuse_reaches_nobody(
    hub: RunningHub, upstream: Upstream, client: anthropic.AsyncAnthropic, spoken: str
) -> None:
    if spoken != "openai_chat":
        await speak(hub, spoken)
    upstream.script = whole(ANSWER)
    upstream.asked.clear()
    source: Any = {"type": "base64", "media_type": "image/png", "data": png(100, 8001)}
    tall: list[MessageParam] = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    with pytest.raises(anthropic.BadRequestError, match=r"100 by 8001 pixels; Claude takes 8000"):
        await client.messages.create(model="up/claude-opus-4-7", max_tokens=9, messages=tall)
    assert upstream.asked == []
    if spoken != "openai_chat":
        asked = [
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{source['data']}"}}],
            }
        ]
        refused = await hub.ask({"model": "up/claude-opus-4-7", "messages": asked})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "messages")
        assert upstream.asked == []


SEARCHED: list[dict[str, Any]] = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
    {
        "type": "text",
        "text": "Hello",
        "citations": [
            {"type": "web_search_result_location", "url": "https://a.example", "title": "A", "cited_text": "so it is"}
        ],
    },
]
LOST = "answer.server_tool_use, answer.web_search_tool_result, answer.citations.quote"


async def test_what_is_lost_of_a_whole_answer_is_told_and_recorded(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole({**ANSWER, "content": SEARCHED})
    asked = {"model": "up/m", "max_tokens": 9, "messages": HI}
    answer = await hub.ask(asked)
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    assert answer.headers["x-hub-dropped"] == LOST
    assert (await hub.calls())[-1].dropped == LOST
    same = await hub.ask(asked, path="/v1/messages")
    assert same.json()["content"] == SEARCHED
    assert "x-hub-dropped" not in same.headers
    assert (await hub.calls())[-1].dropped is None


async def test_what_is_lost_of_a_stream_is_recorded(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "anthropic_messages")
    said: list[dict[str, Any]] = [{"type": "message_start", "message": {**ANSWER, "content": []}}]
    for index, block in enumerate(SEARCHED[:2]):
        said += [
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_stop", "index": index},
        ]
    delta = {"type": "citations_delta", "citation": SEARCHED[2]["citations"][0]}
    said += [
        {"type": "content_block_start", "index": 2, "content_block": {"type": "text", "text": "Hello"}},
        {"type": "content_block_delta", "index": 2, "delta": delta},
        {"type": "content_block_stop", "index": 2},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    ]
    upstream.script = streamed([f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in said])
    answer = await hub.ask({"model": "up/m", "max_tokens": 9, "messages": HI, "stream": True})
    assert '"content":"Hello"' in answer.text
    assert (await hub.calls())[-1].dropped == LOST


@pytest.mark.parametrize("headers", [{"x-api-key": "wrong"}, {}])
async def test_a_wrong_key_is_refused_in_the_dialect(hub: RunningHub, headers: dict[str, str]) -> None:
    answer = await hub.http.post("/v1/messages", json=BODY, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")


async def test_two_keys_are_one_too_many(hub: RunningHub) -> None:
    headers = {**hub.bearer(), "x-api-key": hub.member_key}
    answer = await hub.http.post("/v1/messages", json=BODY, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
