"""What a model thought comes back to its provider, sealed as it was, from a client of whatever format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.oracles.clients import CALLERS
from tests.oracles.conftest import World
from tests.oracles.goldens import golden, served

pytestmark = pytest.mark.anyio

HI, WHY = "Name a colour.", "Why?"
SEALS = {"signature", "data", "thoughtSignature", "encrypted_content", "redactedContent"}
PROVIDERS = ("anthropic_messages", "bedrock_converse", "gemini", "openai_responses")


def seals(value: Any) -> Iterator[str]:
    """What proves thoughts, wherever it stands."""
    if isinstance(value, list):
        for one in value:
            yield from seals(one)
    elif isinstance(value, dict):
        yield from [said for name, said in value.items() if name in SEALS and isinstance(said, str)]
        for one in value.values():
            yield from seals(one)


def conversation(caller: str, model: str, answer: Any) -> tuple[str, dict[str, Any]]:
    """Path and body of a question, or of the next one, with the answer put back just as it came."""
    if caller == "gemini":
        turns: list[Any] = [{"role": "user", "parts": [{"text": HI}]}]
        if answer is not None:
            turns += [answer["candidates"][0]["content"], {"role": "user", "parts": [{"text": WHY}]}]
        return f"/v1beta/models/{model}:generateContent", {"contents": turns}
    turns = [{"role": "user", "content": HI}]
    if answer is not None:
        if caller == "openai_responses":
            turns += answer["output"]
        elif caller == "openai_chat":
            turns.append(answer["choices"][0]["message"])
        else:
            turns.append({"role": "assistant", "content": answer["content"]})
        turns.append({"role": "user", "content": WHY})
    if caller == "openai_responses":
        return "/v1/responses", {"model": model, "input": turns, "store": False}
    limit = {"max_tokens": 100} if caller == "anthropic_messages" else {}
    path = "/v1/chat/completions" if caller == "openai_chat" else "/v1/messages"
    return path, {"model": model, "messages": turns, **limit}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_thoughts_come_back_as_they_were(world: World, provider: str, caller: str) -> None:
    one = golden(provider, "thinking")
    world.upstream.script = served(one)
    model = world.hub_model(provider)
    path, body = conversation(caller, model, None)
    answer = (await world.hub.ask(body, path=path)).raise_for_status().json()
    path, body = conversation(caller, model, answer)
    (await world.hub.ask(body, path=path)).raise_for_status()
    assert list(seals(world.last().json)) == list(seals(json.loads(one.body)))
    assert "hub:" not in world.last().body.decode()
