"""Requests of other dialects are written as Messages, and what cannot be said is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects.anthropic_messages.write_request import write_chat
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Message,
    Reasoning,
    Role,
    Seal,
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from tests.dialects.chats import PICTURE, PIXEL, SCHEMA

USER = Message(Role.user, (Text("hi"),))


def write(chat: Chat, model: str = "claude-sonnet-4-6") -> tuple[dict[str, Any], str]:
    losses = Losses()
    return json.loads(write_chat(chat, model, losses, is_stream=False)), losses.header()


def test_a_small_request_is_small_and_has_the_limit_that_is_demanded() -> None:
    assert write(Chat((USER,))) == (
        {"model": "claude-sonnet-4-6", "max_tokens": 8192, "messages": [{"role": "user", "content": "hi"}]},
        "max_tokens=invented",
    )
    assert write(Chat((USER,)), "claude-3-haiku-20240307")[0]["max_tokens"] == 4096


@pytest.mark.parametrize(
    ("chat", "lost"),
    [
        (Chat((USER,), max_output=1, seed=1, n=2, logprobs=0), "n, seed, logprobs"),
        (Chat((USER,), max_output=1, presence_penalty=1, frequency_penalty=1), "presence_penalty, frequency_penalty"),
        (Chat((USER,), max_output=1, metadata={"a": "b"}, tier="flex"), "metadata, service_tier"),
        (Chat((USER,), max_output=1, temperature=1.5), "temperature=approximated"),
        (Chat((USER,), max_output=1, temperature=1, top_p=0.5), "top_p"),
        (Chat((USER,), max_output=1, reasoning=Reasoning(effort="high"), temperature=1, top_k=2), "temperature, top_k"),
        (Chat((USER,), max_output=1, format=Format()), "response_format=approximated"),
        (Chat((USER, Message(Role.assistant, (Thinking("hm"), Text("x")))), max_output=1), "thinking"),
        (Chat((USER, Message(Role.developer, (Text("x"),))), max_output=1), "system_message_in_between=approximated"),
        (Chat((Message(Role.user, (Text("x"),), "Ann"),), max_output=1), "messages.name"),
        (Chat((USER,), max_output=1, unknown=("store",)), "store"),
    ],
)
def test_what_cannot_be_said_is_told(chat: Chat, lost: str) -> None:
    assert write(chat)[1] == lost


def test_new_models_think_as_they_see_fit_and_old_ones_by_budget() -> None:
    chat = Chat((USER,), max_output=100, reasoning=Reasoning(effort="low"))
    new, lost = write(chat)
    assert (new["thinking"], new["output_config"], lost) == ({"type": "adaptive"}, {"effort": "low"}, "")
    old, lost = write(chat, "claude-sonnet-4-20250514")
    assert (old["thinking"], old["max_tokens"]) == ({"type": "enabled", "budget_tokens": 4096}, 4196)
    assert lost == "reasoning_effort=approximated, max_tokens=approximated"
    budget = Chat((USER,), max_output=9000, reasoning=Reasoning(budget=2048))
    assert write(budget, "claude-3-7-sonnet-latest")[0]["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert write(budget)[1] == "reasoning_budget=approximated"
    off = Chat((USER,), max_output=1, reasoning=Reasoning(effort="none"))
    assert write(off)[0]["thinking"] == {"type": "disabled"}


def test_newest_models_choose_their_words_by_themselves() -> None:
    chat = Chat((USER,), max_output=1, temperature=0.5, top_k=2)
    for model in ("claude-opus-4-7", "claude-sonnet-5", "claude-opus-5-5"):
        assert write(chat, model)[1] == "temperature, top_k"
    assert write(chat, "claude-3-5-haiku-20241022")[0]["top_k"] == 2


def test_structured_output_is_the_provider_s_own_where_it_has_one() -> None:
    chat = Chat((USER,), max_output=1, format=Format(SCHEMA))
    assert write(chat)[0]["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    old, lost = write(chat, "claude-3-5-sonnet-20241022")
    assert "JSON schema" in old["system"]
    assert lost == "response_format=approximated"


def test_a_tool_round_is_turns_that_alternate() -> None:
    mine, foreign = Seal("anthropic_messages", "sig"), Seal("gemini", "ts")
    thought = (Thinking("hm", mine), Text("wait"), ToolUse("t1", "f", '{"a":1}', foreign), ToolUse("t2", "f", "oops"))
    results = [
        Message(Role.tool, (ToolResult("t1", (Text("1"),)),)),
        Message(Role.tool, (ToolResult("t2", (Text("x"), PICTURE), is_error=True),)),
    ]
    written, lost = write(Chat((USER, Message(Role.assistant, thought), *results, USER), max_output=1))
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    assert written["messages"] == [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "sig"},
                {"type": "text", "text": "wait"},
                {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
                {"type": "tool_use", "id": "t2", "name": "f", "input": {"_": "oops"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "1"},
                {
                    "type": "tool_result",
                    "tool_use_id": "t2",
                    "is_error": True,
                    "content": [{"type": "text", "text": "x"}, picture],
                },
                {"type": "text", "text": "hi"},
            ],
        },
    ]
    assert lost == ""


def test_choices_and_marks() -> None:
    tool = Tool("f", "d", None, True, "5m")
    chat = Chat((USER,), tools=(tool,), tool_choice=Choosing.required, parallel_tools=False, max_output=1, user="u")
    written, _ = write(chat)
    assert written["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert written["tools"][0]["cache_control"] == {"type": "ephemeral"}
    assert written["tools"][0]["input_schema"] == {"type": "object", "properties": {}}
    assert written["metadata"] == {"user_id": "u"}


def test_the_provider_may_be_left_to_cache_what_it_can() -> None:
    written, lost = write(Chat((USER,), max_output=1, auto_cache="1h"))
    assert (written["cache_control"], lost) == ({"type": "ephemeral", "ttl": "1h"}, "")
