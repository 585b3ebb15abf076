"""Responses at the hub's door, asked by OpenAI's own client, whatever the provider speaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai.types.responses import ResponseFunctionToolCall

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.dialects.openai_responses.test_answers import WIRE
from tests.dialects.openai_responses.test_streams import BEGUN, STREAM, event
from tests.running import RunningHub
from tests.upstream import COMPLETION, Upstream, chunk, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

TOOL: Any = {
    "type": "function",
    "name": "f",
    "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    "strict": True,
}
USE = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


@pytest.fixture(params=["/v1", "/api/v2"])
async def client(hub: RunningHub, request: pytest.FixtureRequest) -> AsyncIterator[openai.AsyncOpenAI]:
    base = hub.url + request.param
    async with openai.AsyncOpenAI(base_url=base, api_key=hub.member_key, max_retries=0) as opened:
        yield opened


async def speak_responses(hub: RunningHub) -> None:
    """Have the provider speak Responses and nothing else."""
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=("openai_responses",))
    body = {"model": "up/m", "max_tokens": 99, "seed": 1, "messages": [{"role": "user", "content": "hi"}]}
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask(body, **{"x-hub-strict": "1"})).status_code == 200:
            await asyncio.sleep(0.05)


async def test_a_plain_answer_of_a_chat_provider(
    hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI
) -> None:
    answer = await client.responses.create(model="up/m", instructions="be brief", input="hi", max_output_tokens=50)
    assert (answer.output_text, answer.status, answer.instructions) == ("Hello", "completed", "be brief")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (12, 3)
    assert upstream.asked[0].path == "/v1/chat/completions"
    assert upstream.asked[0].json == {
        "model": "m",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "max_tokens": 50,
    }
    call = await hub.call()
    assert (call.dialect, call.upstream_dialect, call.status) == ("openai_responses", "openai_chat", Status.success)
    assert (call.usage.input, call.usage.output) == (12, 3)


async def test_a_streamed_answer_of_a_chat_provider(
    hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI
) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    async with client.responses.stream(model="up/m", input="hi") as stream:
        said = [event.delta async for event in stream if event.type == "response.output_text.delta"]
        final = await stream.get_final_response()
    assert ("".join(said), final.output_text, final.status) == ("Hello", "Hello", "completed")
    call = await hub.call()
    assert (call.status, call.usage_source) == (Status.success, Source.reported)


async def test_tools_of_a_chat_provider(upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "tool_calls": [USE]},
        "finish_reason": "tool_calls",
    }
    upstream.script = whole({**COMPLETION, "choices": [choice]})
    answer = await client.responses.create(model="up/m", input="hi", tools=[TOOL])
    used = answer.output[0]
    assert isinstance(used, ResponseFunctionToolCall)
    assert (used.call_id, used.name, used.arguments) == ("c1", "f", '{"a":1}')
    upstream.script = whole(COMPLETION)
    items: list[Any] = [
        {"role": "user", "content": "hi"},
        used.to_dict(),
        {"type": "function_call_output", "call_id": "c1", "output": "x"},
    ]
    assert (await client.responses.create(model="up/m", input=items, tools=[TOOL])).output_text == "Hello"
    assert upstream.asked[1].json["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [USE]},
        {"role": "tool", "tool_call_id": "c1", "content": "x"},
    ]


async def test_streamed_tools_of_a_chat_provider(upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    first = {"index": 0, **USE, "function": {"name": "f", "arguments": ""}}
    deltas: list[dict[str, Any]] = [{"tool_calls": [first]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in ('{"a"', ":1}")]
    chunks = [chunk(choices=[{"index": 0, "delta": one, "finish_reason": None}]) for one in deltas]
    upstream.script = streamed(
        events_of([*chunks, chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])])
    )
    async with client.responses.stream(model="up/m", input="hi", tools=[TOOL]) as stream:
        said = [one.delta async for one in stream if one.type == "response.function_call_arguments.delta"]
        final = await stream.get_final_response()
    assert said == ['{"a"', ":1}"]
    used = final.output[0]
    assert used.type == "function_call"
    assert (used.call_id, used.arguments) == ("c1", '{"a":1}')


async def test_a_provider_that_speaks_responses_gets_the_body_as_it_is(hub: RunningHub, upstream: Upstream) -> None:
    await speak_responses(hub)
    upstream.script = whole(WIRE)
    upstream.asked.clear()
    body = b'{ "input":"h\\u00e9" ,"model" : "up/m", "previous_response_id":"resp_0", "x_new": 1e400 }'
    answer = await hub.http.post("/v1/responses", content=body, headers=hub.bearer())
    assert answer.content == json.dumps(WIRE).encode()
    assert (upstream.asked[0].path, upstream.asked[0].body) == ("/v1/responses", body.replace(b'"up/m"', b'"m"'))
    call = (await hub.calls())[-1]
    assert (call.usage.input, call.usage.output, call.usage.cache_read, call.usage.reasoning) == (10, 5, 8, 4)


async def test_a_stream_of_responses_passes_as_it_is(hub: RunningHub, upstream: Upstream) -> None:
    await speak_responses(hub)
    upstream.script = streamed([STREAM[:100], STREAM[100:]])
    answer = await hub.ask({"model": "up/m", "input": "hi", "stream": True}, path="/v1/responses")
    assert answer.content == STREAM
    call = (await hub.calls())[-1]
    assert (call.status, call.usage_source, call.usage.input) == (Status.success, Source.reported, 10)


async def test_a_chat_caller_reaches_a_provider_of_responses(hub: RunningHub, upstream: Upstream) -> None:
    await speak_responses(hub)
    upstream.script = whole(WIRE)
    answer = (await hub.ask()).json()
    assert answer["choices"][0]["message"]["content"] == "Hi"
    assert answer["choices"][0]["message"]["reasoning_content"] == "hm"
    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    assert answer["usage"]["prompt_tokens"] == 20


async def test_what_the_filter_cut_off_is_incomplete(upstream: Upstream, client: openai.AsyncOpenAI) -> None:
    cut = {"index": 0, "message": {"role": "assistant", "content": "He"}, "finish_reason": "content_filter"}
    upstream.script = whole({**COMPLETION, "choices": [cut]})
    answer = await client.responses.create(model="up/m", input="hi")
    assert (answer.status, answer.output_text) == ("incomplete", "He")
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "content_filter"


async def test_what_leans_on_a_store_is_refused_where_there_is_none(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="send the items themselves") as refused:
        await client.responses.create(model="up/m", input="hi", previous_response_id="resp_1")
    assert refused.value.param == "previous_response_id"


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, openai.BadRequestError), (429, openai.RateLimitError), (500, openai.InternalServerError)],
)
async def test_errors_of_the_provider_are_the_caller_s_client_s_own(
    upstream: Upstream, client: openai.AsyncOpenAI, status: int, error: type[openai.APIStatusError]
) -> None:
    upstream.script = whole({"error": {"message": "no such thing"}}, status)
    with pytest.raises(error, match="no such thing"):
        await client.responses.create(model="up/m", input="hi")


async def test_an_error_in_a_stream_ends_it_with_an_event(
    hub: RunningHub, upstream: Upstream, client: openai.AsyncOpenAI
) -> None:
    events = [*events_of(chunks_of(["Hel"])[:2], done=False), b'data: {"error":{"message":"boom"}}\n\n']
    upstream.script = streamed(events)
    found = [one async for one in await client.responses.create(model="up/m", input="hi", stream=True)]
    assert found[-1].type == "error"
    assert "boom" in found[-1].message
    assert (await hub.call()).status is Status.failed


async def test_a_failure_in_a_stream_of_responses_ends_it_too(hub: RunningHub, upstream: Upstream) -> None:
    await speak_responses(hub)
    failed = event("response.failed", response={**WIRE, "status": "failed", "error": {"code": "x", "message": "boom"}})
    upstream.script = streamed([BEGUN, failed])
    answer = await hub.ask({"model": "up/m", "input": "hi", "stream": True}, path="/v1/responses")
    last = answer.content.removesuffix(b"\n\n").split(b"\n\n")[-1]
    assert last.startswith(b'event: error\ndata: {"type":"error"')
    assert b"boom" in last
    assert b"response.failed" not in answer.content
    assert (await hub.calls())[-1].status is Status.failed
