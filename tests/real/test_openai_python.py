"""The OpenAI Python SDK against the running hub and its real model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.real.conftest import MODEL, RealHub

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Say hello in one short sentence."}]


@pytest.fixture(params=["/v1", "/api/v2", "/ai-kit/v1"])
def client(request: pytest.FixtureRequest, real_hub: RealHub) -> Iterator[OpenAI]:
    url = real_hub.url + request.param
    with OpenAI(base_url=url, api_key=real_hub.key, max_retries=0, timeout=60) as opened:
        yield opened


def recorded_tokens(call: dict[str, Any]) -> tuple[int, int]:
    """Tokens of the prompt, cached ones included, and of the answer."""
    metrics = call["usageMetrics"]
    return metrics["inputTokens"] + metrics["cacheReadInputTokens"], metrics["outputTokens"]


def test_a_plain_answer(client: OpenAI, real_hub: RealHub) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=40)
    assert answer.choices[0].message.content
    assert answer.usage is not None and answer.usage.completion_tokens > 0
    call = real_hub.call(answer._request_id)
    assert (call["status"], call["model"]) == ("success", MODEL)
    assert recorded_tokens(call) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)


def test_a_streamed_answer(client: OpenAI, real_hub: RealHub) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=40, stream=True)
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] in ("stop", "length")
    call = real_hub.last_call()
    assert (call["status"], call["usageSource"]) == ("success", "reported")
    assert call["usageMetrics"]["outputTokens"] > 0


def test_a_streamed_answer_with_usage(client: OpenAI, real_hub: RealHub) -> None:
    stream = client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=40, stream=True, stream_options={"include_usage": True}
    )
    usages = [chunk.usage for chunk in stream if chunk.usage is not None]
    call = real_hub.call(stream.response.headers["x-request-id"])
    assert recorded_tokens(call) == (usages[-1].prompt_tokens, usages[-1].completion_tokens)
    assert usages[-1].completion_tokens > 0


def test_embeddings(client: OpenAI, real_hub: RealHub) -> None:
    answer = client.embeddings.create(model=MODEL, input=["hello", "world"])
    assert [len(one.embedding) for one in answer.data] == [576, 576]
    call = real_hub.last_call()
    assert (call["type"], call["usageMetrics"]["inputTokens"]) == ("embedding", answer.usage.prompt_tokens)


def test_models(client: OpenAI) -> None:
    assert MODEL in [model.id for model in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("local/nothing-such")
    assert missing.value.code == "model_not_found"


def test_a_wrong_key(client: OpenAI) -> None:
    stranger = client.with_options(api_key="blocklet-wrong")
    with pytest.raises(openai.AuthenticationError) as refused:
        stranger.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert (refused.value.code, refused.value.type) == ("invalid_api_key", "authentication_error")


def test_a_model_that_is_not_there(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="nobody-has-this", messages=MESSAGES)
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


def test_a_cancelled_stream_is_settled_and_the_hub_goes_on(client: OpenAI, real_hub: RealHub) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=200, stream=True)
    next(iter(stream))
    stream.close()
    after = client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=5)
    assert real_hub.call(after._request_id)["status"] == "success"
    cancelled = real_hub.call(stream.response.headers["x-request-id"])
    # Read on to its end for the usage, or, on a slow machine, given up after a while.
    assert (cancelled["status"], cancelled["usageSource"]) in {("success", "reported"), ("failed", "partial")}
