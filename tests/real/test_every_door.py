"""Every chat door with every dialect at the provider's side, whole and streamed, answered by the real model.

The provider is the hub itself, which speaks them all: what it is told to speak is what the outer call is put into.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.real.conftest import MODEL, RealHub

SAID = [{"role": "user", "content": "Say hello in one short sentence."}]
DIALECTS = ("openai_chat", "openai_responses", "anthropic_messages")
GOOGLE = "/v1beta/models/{model}:"  # the one door whose path says the model, and whether the answer streams


def google_text(answer: dict[str, Any]) -> str:
    contents = [candidate.get("content", {}) for candidate in answer.get("candidates", ())]
    return "".join(part.get("text", "") for content in contents for part in content.get("parts", ()))


# Of each door: its path, its body, where the text is in a whole answer, and in an event of a stream.
DOORS: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "chat": (
        "/v1/chat/completions",
        {"messages": SAID, "max_tokens": 24},
        lambda answer: answer["choices"][0]["message"]["content"],
        lambda event: "".join(choice["delta"].get("content") or "" for choice in event.get("choices", ())),
    ),
    "hybrid": (
        "/api/v2/chat/completions",
        {"messages": SAID, "maxTokens": 24},
        lambda answer: answer["text"],
        lambda event: event.get("delta", {}).get("content", ""),
    ),
    "native": (
        "/api/v2/chat",
        {"input": {"messages": SAID, "modelOptions": {"maxTokens": 24}}},
        lambda answer: answer["text"],
        lambda event: event["delta"].get("text", {}).get("text", ""),
    ),
    "responses": (
        "/v1/responses",
        {"input": "Say hello in one short sentence.", "max_output_tokens": 24},
        lambda answer: answer["output"][-1]["content"][0]["text"],
        lambda event: event["delta"] if event["type"] == "response.output_text.delta" else "",
    ),
    "messages": (
        "/v1/messages",
        {"messages": SAID, "max_tokens": 24},
        lambda answer: answer["content"][0]["text"],
        lambda event: event["delta"].get("text", "") if event["type"] == "content_block_delta" else "",
    ),
    "gemini": (
        GOOGLE,
        {"contents": [{"parts": [{"text": SAID[0]["content"]}]}], "generationConfig": {"maxOutputTokens": 24}},
        google_text,
        google_text,
    ),
    "completions": (
        "/v1/completions",
        {"prompt": SAID[0]["content"], "max_tokens": 24},
        lambda answer: answer["choices"][0]["text"],
        lambda event: "".join(choice["text"] for choice in event["choices"]),
    ),
}
SERVED = {
    "chat": "openai_chat",
    "hybrid": "openai_chat",
    "native": "native",
    "responses": "openai_responses",
    "messages": "anthropic_messages",
    "gemini": "gemini",
    "completions": "openai_completions",
}


def request_of(door: str, model: str, *, is_stream: bool) -> tuple[str, dict[str, Any]]:
    """The path and the body of a call."""
    path, body, _, _ = DOORS[door]
    if path == GOOGLE:
        return path.format(model=model) + ("streamGenerateContent?alt=sse" if is_stream else "generateContent"), body
    asked = {"options": {"streaming": is_stream}} if door == "native" else {"stream": is_stream}
    return path, {"model": model, **body, **asked}


@pytest.fixture(scope="module")
def http(real_hub: RealHub) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {real_hub.key}"}
    with httpx.Client(base_url=real_hub.url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def models(http: httpx.Client, real_hub: RealHub) -> Iterator[dict[str, str]]:
    """For each dialect the name under which the model is reached through it."""
    made = []
    for dialect in DIALECTS:
        name = dialect.replace("_", "-")
        said = {"name": name, "base_url": f"{real_hub.url}/v1", "dialects": [dialect]}
        provider = http.post("/api/ai-providers", json=said).raise_for_status().json()["id"]
        made.append(provider)
        credential = {"name": "own", "value": real_hub.key, "testModel": MODEL}
        http.post(f"/api/ai-providers/{provider}/credentials", json=credential).raise_for_status()
    names = {dialect: f"{dialect.replace('_', '-')}/{MODEL}" for dialect in DIALECTS}
    deadline = time.monotonic() + 10  # the hub hears of it within a second
    while not set(names.values()) <= {one["id"] for one in http.get("/v1/models").json()["data"]}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield names
    for provider in made:
        http.delete(f"/api/ai-providers/{provider}").raise_for_status()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("door", DOORS)
def test_a_whole_answer(http: httpx.Client, models: dict[str, str], real_hub: RealHub, door: str, dialect: str) -> None:
    path, body = request_of(door, models[dialect], is_stream=False)
    answer = http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    text = DOORS[door][2]
    assert text(answer.json()).strip()
    record = real_hub.call(answer.headers["x-request-id"])
    assert (record["status"], record["dialect"], record["upstreamDialect"]) == ("success", SERVED[door], dialect)
    assert record["usageMetrics"]["outputTokens"] > 0


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("door", DOORS)
def test_a_stream(http: httpx.Client, models: dict[str, str], real_hub: RealHub, door: str, dialect: str) -> None:
    path, body = request_of(door, models[dialect], is_stream=True)
    piece, pieces = DOORS[door][3], []
    with http.stream("POST", path, json=body) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: ") and line != "data: [DONE]":
                pieces.append(piece(json.loads(line[6:])))
    assert "".join(pieces).strip()
    record = real_hub.call(answer.headers["x-request-id"])
    assert (record["status"], record["usageSource"]) == ("success", "reported")
