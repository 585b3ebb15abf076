"""Counts at the hub's doors, asked by each maker's own client, whatever the provider counts in.

Sources of what the provider answers: https://platform.claude.com/docs/en/api/messages/count_tokens,
https://ai.google.dev/api/tokens and
https://developers.openai.com/api/reference/resources/responses/subresources/input_tokens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import openai
import pytest
from anthropic.types import MessageParam, ToolParam
from google import genai
from google.genai import errors, types

from aigne_hub.audit.records import SYSTEM
from aigne_hub.usage.records import Source, Status
from tests.running import RunningHub
from tests.upstream import Upstream, whole

pytestmark = pytest.mark.anyio

HI: list[MessageParam] = [{"role": "user", "content": "hi"}]
TOOL: ToolParam = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
PATH = "/v1/messages/count_tokens"
BODY = {"model": "up/m", "messages": HI}
ANTHROPIC = {"input_tokens": 14}
GOOGLE = {"totalTokens": 14, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 14}]}
OPENAI = {"object": "response.input_tokens", "input_tokens": 14}
NO_PATH = {"type": "error", "error": {"type": "not_found_error", "message": "Not Found"}}
NO_MODEL = {"type": "error", "error": {"type": "not_found_error", "message": "model: m"}}


@pytest.fixture
async def claude(hub: RunningHub) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=hub.url, api_key=hub.member_key, max_retries=0) as opened:
        yield opened


@pytest.fixture
async def google(hub: RunningHub) -> AsyncIterator[genai.client.AsyncClient]:
    options = types.HttpOptions(base_url=hub.url, retry_options=types.HttpRetryOptions(attempts=1))
    async with genai.Client(api_key=hub.member_key, http_options=options).aio as opened:
        yield opened


@pytest.fixture
async def gpt(hub: RunningHub) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{hub.url}/v1", api_key=hub.member_key, max_retries=0) as opened:
        yield opened


async def speak(hub: RunningHub, *dialects: str) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=dialects)
        await hub.house.providers.put_models(conn, hub.provider.id, [])  # a sign that the hub has heard of it
    async with asyncio.timeout(10):
        while (await hub.http.get("/v1/models", headers=hub.bearer())).json()["data"]:
            await asyncio.sleep(0.05)


async def test_anthropic_s_count_reaches_a_provider_that_counts_so(
    hub: RunningHub, upstream: Upstream, claude: anthropic.AsyncAnthropic
) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(ANTHROPIC)
    counted = await claude.messages.with_raw_response.count_tokens(
        model="up/m", messages=HI, system="s", tools=[TOOL], extra_headers={"anthropic-beta": "b-1"}
    )
    assert (await counted.parse()).input_tokens == 14
    assert "x-hub-dropped" not in counted.headers
    asked = upstream.asked[0]
    assert (asked.path, asked.headers["anthropic-beta"]) == ("/v1/messages/count_tokens", "b-1")
    assert asked.json == {"model": "m", "messages": HI, "system": "s", "tools": [TOOL]}
    call = await hub.call()
    assert (call.kind, call.status, call.usage_source) == ("tokenCount", Status.success, Source.reported)
    assert (call.usage.input, call.usage.output, call.dropped) == (0, 0, None)
    assert (call.dialect, call.upstream_dialect) == ("anthropic_messages", "anthropic_messages")


async def test_google_s_count_reaches_a_provider_that_counts_so(
    hub: RunningHub, upstream: Upstream, google: genai.client.AsyncClient
) -> None:
    await speak(hub, "gemini")
    upstream.script = whole(GOOGLE)
    counted = await google.models.count_tokens(model="up/m", contents="hi")
    assert counted.total_tokens == 14
    assert upstream.asked[0].path == "/v1/models/m:countTokens"
    assert upstream.asked[0].json == {"contents": [{"parts": [{"text": "hi"}], "role": "user"}]}


async def test_openai_s_count_reaches_a_provider_that_counts_so(
    hub: RunningHub, upstream: Upstream, gpt: openai.AsyncOpenAI
) -> None:
    await speak(hub, "openai_chat", "openai_responses")
    upstream.script = whole(OPENAI)
    counted = await gpt.responses.input_tokens.count(model="up/m", input="hi")
    assert counted.input_tokens == 14
    assert upstream.asked[0].path == "/v1/responses/input_tokens"
    assert upstream.asked[0].json == {"model": "m", "input": "hi"}


async def test_anthropic_s_client_has_google_count(
    hub: RunningHub, upstream: Upstream, claude: anthropic.AsyncAnthropic
) -> None:
    await speak(hub, "gemini")
    upstream.script = whole(GOOGLE)
    counted = await claude.messages.with_raw_response.count_tokens(model="up/m", messages=HI, system="s")
    assert (await counted.parse()).input_tokens == 14
    assert "x-hub-dropped" not in counted.headers
    assert upstream.asked[0].path == "/v1/models/m:countTokens"
    assert upstream.asked[0].json["generateContentRequest"]["model"] == "models/m"
    assert upstream.asked[0].json["generateContentRequest"]["systemInstruction"]["parts"] == [{"text": "s"}]
    call = await hub.call()
    assert (call.dialect, call.upstream_dialect) == ("anthropic_messages", "gemini")


async def test_google_s_client_has_anthropic_and_openai_count(
    hub: RunningHub, upstream: Upstream, google: genai.client.AsyncClient
) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(ANTHROPIC)
    assert (await google.models.count_tokens(model="up/m", contents="hi")).total_tokens == 14
    assert upstream.asked[-1].json == {"model": "m", "messages": HI}
    await hub.house.freshness.look()
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=("openai_responses",))
    upstream.script = whole(OPENAI)
    async with asyncio.timeout(10):
        while upstream.asked[-1].path != "/v1/responses/input_tokens":
            try:
                assert (await google.models.count_tokens(model="up/m", contents="hi")).total_tokens == 14
            except errors.APIError:  # the hub has not heard of the change yet, and takes the answer for no count
                await asyncio.sleep(0.05)


async def test_where_nobody_counts_the_hub_estimates_and_says_so(
    hub: RunningHub,
    upstream: Upstream,
    claude: anthropic.AsyncAnthropic,
    google: genai.client.AsyncClient,
    gpt: openai.AsyncOpenAI,
) -> None:
    counted = await claude.messages.with_raw_response.count_tokens(model="up/m", messages=HI, tools=[TOOL])
    assert 5 < (await counted.parse()).input_tokens < 30
    assert counted.headers["x-hub-dropped"] == "input_tokens=approximated"
    assert upstream.asked == []
    call = await hub.call()
    assert (call.kind, call.dropped, call.status) == ("tokenCount", "input_tokens=approximated", Status.success)
    assert (call.upstream_dialect, call.usage.input) == ("openai_chat", 0)
    assert ((await google.models.count_tokens(model="up/m", contents="hi")).total_tokens or 0) > 0
    assert (await gpt.responses.input_tokens.count(model="up/m", input="hi")).input_tokens > 0


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_provider_that_speaks_the_dialect_without_its_count_is_estimated_for(
    hub: RunningHub, upstream: Upstream, status: int
) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(NO_PATH, status=status)
    answer = await hub.ask(BODY, path=PATH)
    assert answer.status_code == 200
    assert answer.headers["x-hub-dropped"] == "input_tokens=approximated"
    assert (await hub.call()).dropped == "input_tokens=approximated"
    strict = await hub.ask(BODY, path=PATH, **{"x-hub-strict": "1"})
    assert (strict.status_code, strict.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_a_model_that_the_provider_does_not_have_is_not_estimated(hub: RunningHub, upstream: Upstream) -> None:
    await speak(hub, "anthropic_messages")
    upstream.script = whole(NO_MODEL, status=404)
    answer = await hub.ask(BODY, path=PATH)
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "model: m")
    assert (await hub.call()).status is Status.failed


async def test_a_strict_caller_gets_no_estimate(hub: RunningHub) -> None:
    answer = await hub.ask(BODY, path=PATH, **{"x-hub-strict": "1"})
    assert (answer.status_code, answer.json()["type"]) == (400, "error")
    assert await hub.calls() == []


@pytest.mark.parametrize("dialect", ["anthropic_messages", "gemini"])
async def test_an_answer_that_is_no_count_is_the_provider_s_failure(
    hub: RunningHub, upstream: Upstream, dialect: str
) -> None:
    await speak(hub, dialect)
    upstream.script = whole({"hello": 1})
    assert (await hub.ask(BODY, path=PATH)).status_code == 502
    call = await hub.call()
    assert (call.status, call.error) == (
        Status.failed,
        "upstream_malformed: the provider's answer is not a count of tokens",
    )


async def test_errors_have_the_caller_s_shape(
    hub: RunningHub, claude: anthropic.AsyncAnthropic, google: genai.client.AsyncClient
) -> None:
    with pytest.raises(anthropic.BadRequestError, match="No available provider") as refused:
        await claude.messages.count_tokens(model="nobody-serves-this", messages=HI)
    body: Any = refused.value.body
    assert body["type"] == "error"
    with pytest.raises(errors.ClientError, match="No available provider") as clientside:
        await google.models.count_tokens(model="nobody-serves-this", contents="hi")
    assert clientside.value.status == "INVALID_ARGUMENT"
    bad = await hub.http.post("/v1beta/models/up/m:countTokens", json={}, headers=hub.bearer())
    assert (bad.status_code, bad.json()["error"]["param"]) == (400, "contents")
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, dialects=("rerank",))
    async with asyncio.timeout(10):
        while (answer := await hub.ask(BODY, path=PATH)).status_code == 200:
            await asyncio.sleep(0.05)
    assert answer.status_code == 400
    assert "does not serve such calls" in answer.json()["error"]["message"]


async def test_a_count_takes_of_a_key_s_limit_of_requests_but_not_of_tokens(hub: RunningHub) -> None:
    body = {"name": "k", "requestsPerMinute": 5, "tokensPerMinute": 1000}
    made = await hub.http.post("/api/access-keys", json=body, headers=hub.bearer(hub.owner_key))
    key = made.json()["key"]
    async with asyncio.timeout(10):
        while (last := await hub.http.post(PATH, json=BODY, headers=hub.bearer(key))).status_code == 401:
            await asyncio.sleep(0.05)
    last = await hub.http.post(PATH, json=BODY, headers=hub.bearer(key))
    assert last.headers["x-ratelimit-remaining-requests"] == "3"
    # What the second call itself is assumed to use while it runs is all that counts.
    assert int(last.headers["x-ratelimit-remaining-tokens"]) > 970
