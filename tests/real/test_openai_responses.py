"""The OpenAI Python SDK's Responses against the running hub and its real model.

Once with llama.cpp's own Responses at the other side, passed on as they are, and once with a provider that
speaks Chat Completions alone: the hub itself, as a provider of the hub.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseIncompleteEvent,
)

from tests.real.conftest import MODEL, RealHub

PROVIDERS = "/api/ai-providers"
LOOPED = f"looped/{MODEL}"
ENDS = ResponseCompletedEvent | ResponseIncompleteEvent
TOOL: Any = {
    "type": "function",
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}


@pytest.fixture(scope="module")
def looped(real_hub: RealHub) -> Iterator[str]:
    """The local model by way of a provider that speaks Chat Completions."""
    with httpx.Client(base_url=real_hub.url, headers={"authorization": f"Bearer {real_hub.key}"}, timeout=60) as http:
        said = {"name": "looped", "base_url": f"{real_hub.url}/v1", "dialects": ["openai_chat"]}
        provider = http.post(PROVIDERS, json=said).raise_for_status().json()["id"]
        credential = {"name": "own", "credentialType": "api_key", "value": real_hub.key, "testModel": MODEL}
        http.post(f"{PROVIDERS}/{provider}/credentials", json=credential).raise_for_status()
        deadline = time.monotonic() + 10  # the hub hears of it within a second
        while LOOPED not in [one["id"] for one in http.get("/v1/models").json()["data"]]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield LOOPED
        http.delete(f"{PROVIDERS}/{provider}").raise_for_status()


@pytest.fixture(params=["passed on", "translated"])
def model(request: pytest.FixtureRequest, looped: str) -> str:
    return MODEL if request.param == "passed on" else looped


@pytest.fixture
def client(real_hub: RealHub) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{real_hub.url}/v1", api_key=real_hub.key, max_retries=0, timeout=60) as opened:
        yield opened


def recorded(real_hub: RealHub, request_id: str | None) -> tuple[str, int, int]:
    call = real_hub.call(request_id)
    metrics = call["usageMetrics"]
    return call["status"], metrics["inputTokens"] + metrics["cacheReadInputTokens"], metrics["outputTokens"]


def used(answer: Response) -> tuple[str, int, int]:
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0
    return "success", answer.usage.input_tokens, answer.usage.output_tokens


def test_a_plain_answer(client: OpenAI, real_hub: RealHub, model: str) -> None:
    answer = client.responses.create(
        model=model, instructions="Be brief.", input="Say hello in one short sentence.", max_output_tokens=40
    )
    assert answer.output_text
    assert answer.status in ("completed", "incomplete")
    assert recorded(real_hub, answer._request_id) == used(answer)


def test_a_streamed_answer(client: OpenAI, real_hub: RealHub, model: str) -> None:
    stream = client.responses.create(model=model, input="Say hello.", max_output_tokens=40, stream=True)
    events = list(stream)
    assert (events[0].type, events[1].type) == ("response.created", "response.in_progress")
    said = "".join([event.delta for event in events if event.type == "response.output_text.delta"])
    end = events[-1]
    assert isinstance(end, ENDS)
    assert end.response.output_text == said != ""
    assert recorded(real_hub, stream.response.headers["x-request-id"]) == used(end.response)


def test_a_tool_s_round(client: OpenAI, real_hub: RealHub, model: str) -> None:
    """The model is too small to be asked to call a tool; it is told that it did."""
    items: list[Any] = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city":"Paris"}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "Sunny, 20 degrees."},
    ]
    answer = client.responses.create(model=model, input=items, tools=[TOOL], max_output_tokens=40)
    assert recorded(real_hub, answer._request_id) == used(answer)
    again: list[Any] = [*items, *[item.to_dict() for item in answer.output], {"role": "user", "content": "And Rome?"}]
    assert client.responses.create(model=model, input=again, tools=[TOOL], max_output_tokens=20).usage


def test_the_sdk_s_own_view_of_a_translated_stream(client: OpenAI, looped: str) -> None:
    """It keeps a copy of the answer as it grows, and stumbles over any event that does not fit."""
    with client.responses.stream(model=looped, input="Say hello.", max_output_tokens=40, tools=[TOOL]) as stream:
        events = list(stream)
    end = events[-1]
    assert isinstance(end, ENDS)
    said = "".join([event.delta for event in events if event.type == "response.output_text.delta"])
    assert end.response.output_text == said != ""
    assert end.response.tools[0].type == "function"


def test_what_leans_on_a_store_is_refused(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model=model, input="hi", previous_response_id="resp_1")


def test_an_output_without_its_call_is_refused_with_its_place(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(
            model=model, input=[{"type": "function_call_output", "call_id": "call_9", "output": "x"}]
        )
    assert refused.value.param == "input[0].call_id"
