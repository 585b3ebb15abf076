"""Structured output where the model knows no schema: told in words, and held to them, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.edge.test_messages import ANSWER, speak
from tests.running import RunningHub
from tests.upstream import Upstream, events_of, streamed, whole

pytestmark = pytest.mark.anyio

MODEL = "up/claude-3-5-haiku"  # which takes no schema
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASK: dict[str, Any] = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "Which city?"}],
    "response_format": {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}},
}


def saying(text: str) -> dict[str, Any]:
    return {**ANSWER, "content": [{"type": "text", "text": text}]}


def streaming(text: str) -> list[dict[str, Any]]:
    usage = {"input_tokens": 12, "output_tokens": 1}
    start = {**ANSWER, "content": [], "stop_reason": None, "usage": usage}
    return [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *[
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in (text[:5], text[5:])
        ],
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]


async def test_an_answer_in_a_fence_comes_out_bare(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(saying('```json\n{"city":"Bern"}\n```'))
    answer = await hub.ask(ASK)
    assert answer.json()["choices"][0]["message"]["content"] == '{"city":"Bern"}'
    assert "response_format=approximated" in answer.headers["x-hub-dropped"]
    assert '"required":["city"]' in json.dumps(upstream.asked[-1].json["system"], separators=(",", ":")).replace(
        "\\", ""
    )


async def test_an_answer_that_breaks_the_schema_is_no_answer_and_is_on_record_with_its_use(
    hub: RunningHub, upstream: Upstream
) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(saying('{"town":"Bern"}'))
    answer = await hub.ask(ASK)
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "format_not_kept")
    call = max(await hub.calls(), key=lambda one: one.id)
    assert (call.status, call.usage.output, call.usage_source) == (Status.failed, 3, Source.reported)


@pytest.mark.parametrize("said", ['{"city":"Bern"}', '```\n{"city":"Bern"}\n```'])
async def test_in_a_stream_the_json_comes_once_it_is_whole(hub: RunningHub, upstream: Upstream, said: str) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = streamed(events_of(streaming(said), done=False))
    async with openai.AsyncOpenAI(base_url=f"{hub.url}/v1", api_key=hub.member_key, max_retries=0) as client:
        stream = await client.chat.completions.create(**ASK, stream=True)
        pieces = [chunk.choices[0].delta.content async for chunk in stream if chunk.choices]
    assert [piece for piece in pieces if piece] == ['{"city":"Bern"}']


async def test_a_stream_that_breaks_the_schema_ends_with_an_error(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = streamed(events_of(streaming("It is Bern."), done=False))
    answer = await hub.ask({**ASK, "stream": True})
    last = json.loads(answer.text.strip().rpartition("data: ")[2])
    assert last["error"]["code"] == "format_not_kept"
    assert "Bern" not in answer.text
    call = max(await hub.calls(), key=lambda one: one.id)
    assert (call.status, call.usage.output, call.usage_source) == (Status.failed, 9, Source.reported)


@pytest.mark.parametrize(
    ("path", "more", "param"),
    [
        (
            "/v1/chat/completions",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": 5}}}},
            "response_format.json_schema.schema.type",
        ),
        (
            "/v1/responses",
            {"input": "hi", "text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": 5}}}},
            "text.format.schema.type",
        ),
        (
            "/v1/messages",
            {"max_tokens": 9, "output_config": {"format": {"type": "json_schema", "schema": {"type": 5}}}},
            "output_config.format.schema.type",
        ),
    ],
)
@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages", "openai_responses"])
async def test_a_schema_that_is_none_reaches_no_provider(
    hub: RunningHub, upstream: Upstream, dialect: str, path: str, more: dict[str, Any], param: str
) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=(dialect,))
    await hub.house.freshness.look()
    body = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}], **more}
    answer = await hub.http.post(path, json=body, headers=hub.bearer())
    assert answer.status_code == 400
    assert param in answer.text
    assert upstream.asked == []
