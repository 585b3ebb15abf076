"""Chats of other dialects are written as Responses, and what cannot be said is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter

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
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_responses.read_request import read_chat
from aigne_hub.dialects.openai_responses.write_request import write_chat
from tests.dialects.chats import SCHEMA, WEATHER, chats

USER = Message(Role.user, (Text("hi"),))
REQUEST = TypeAdapter[Any](ResponseCreateParamsNonStreaming)


def write(chat: Chat, model: str = "gpt-4.1", quirks: frozenset[str] = frozenset()) -> tuple[dict[str, Any], str]:
    losses = Losses()
    return json.loads(write_chat(chat, model, losses, quirks, is_stream=False)), losses.header()


def test_a_small_request_is_small_and_is_not_kept() -> None:
    assert write(Chat((USER,))) == (
        {"model": "gpt-4.1", "input": [{"role": "user", "content": "hi"}], "store": False},
        "",
    )
    assert json.loads(write_chat(Chat((USER,)), "m", Losses(), frozenset(), is_stream=True))["stream"] is True


def test_every_field_has_its_place() -> None:
    chat = Chat(
        (Message(Role.system, (Text("be"), Text("brief"))), USER),
        tools=(WEATHER,),
        tool_choice="weather",
        parallel_tools=True,
        format=Format(SCHEMA, description="d", strict=True),
        reasoning=Reasoning(effort="high", summary="auto"),
        max_output=50,
        temperature=0.5,
        top_p=0.9,
        logprobs=2,
        user="u",
        metadata={"a": "b"},
        tier="flex",
        verbosity="low",
        cache_key="k",
    )
    written, lost = write(chat)
    assert lost == ""
    assert written == {
        "model": "gpt-4.1",
        "instructions": "be\n\nbrief",
        "input": [{"role": "user", "content": "hi"}],
        "store": False,
        "tools": [
            {
                "type": "function",
                "name": "weather",
                "description": "The weather of a city",
                "parameters": SCHEMA,
                "strict": False,
            }
        ],
        "tool_choice": {"type": "function", "name": "weather"},
        "parallel_tool_calls": True,
        "text": {
            "format": {"type": "json_schema", "name": "answer", "description": "d", "schema": SCHEMA, "strict": True},
            "verbosity": "low",
        },
        "reasoning": {"effort": "high", "summary": "auto"},
        "max_output_tokens": 50,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_logprobs": 2,
        "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
        "user": "u",
        "metadata": {"a": "b"},
        "service_tier": "flex",
        "prompt_cache_key": "k",
    }
    REQUEST.validate_python(written)


@pytest.mark.parametrize(
    ("chat", "lost"),
    [
        (Chat((USER,), top_k=1, n=2, stop=("x",)), "top_k, n, stop"),
        (Chat((USER,), seed=0, presence_penalty=0, frequency_penalty=1, logit_bias={}),
         "seed, presence_penalty, frequency_penalty, logit_bias"),
        (Chat((USER,), n=1), ""),
        (Chat((USER,), max_output=1), "max_tokens=approximated"),
        (Chat((USER,), reasoning=Reasoning(budget=9000)), "reasoning_budget=approximated"),
        (Chat((USER,), tools=(Tool("f", cache="5m"),)), "cache_control=approximated"),
        (Chat((Message(Role.system, (Text("x", "1h"),), "Ann"), USER)), "messages.name, cache_control=approximated"),
        (Chat((USER,), unknown=("thinking.display",)), "thinking.display"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_told(chat: Chat, lost: str) -> None:
    assert write(chat)[1] == lost


def test_who_takes_top_k_gets_it() -> None:
    assert write(Chat((USER,), top_k=3), quirks=frozenset({"top_k"}))[0]["top_k"] == 3


def test_only_a_system_message_that_comes_first_is_instructions() -> None:
    system = Message(Role.system, (Text("s"),))
    written, _ = write(Chat((system, USER, system, Message(Role.developer, (Text("d"),)))))
    assert written["instructions"] == "s"
    assert [item["role"] for item in written["input"]] == ["user", "system", "developer"]
    alone, _ = write(Chat((system,)))
    assert "instructions" not in alone
    assert alone["input"] == [{"role": "system", "content": "s"}]


def test_effort_is_said_in_this_format_s_words() -> None:
    assert write(Chat((USER,), reasoning=Reasoning(effort="max")))[0]["reasoning"] == {"effort": "xhigh"}
    assert write(Chat((USER,), reasoning=Reasoning(effort="none")))[0]["reasoning"] == {"effort": "none"}
    assert write(Chat((USER,), reasoning=Reasoning(budget=4000)))[0]["reasoning"] == {"effort": "low"}


@pytest.mark.parametrize(
    ("model", "thinks"),
    [("gpt-5-mini", True), ("o4-mini", True), ("gpt-5-chat-latest", False), ("gpt-4.1", False), ("omni", False)],
)
def test_thoughts_come_encrypted_from_models_that_think(model: str, thinks: bool) -> None:
    assert ("include" in write(Chat((USER,)), model)[0]) is thinks


def test_thoughts_go_back_to_who_sealed_them() -> None:
    thought = Thinking("", Seal("openai_responses", "blob", "rs_1"))
    written, lost = write(Chat((USER, Message(Role.assistant, (thought, ToolUse("c", "f", "{}"))))))
    assert written["input"][1] == {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "blob"}
    assert (written["include"], lost) == (["reasoning.encrypted_content"], "")


def test_choices_and_formats() -> None:
    written, _ = write(Chat((USER,), tools=(Tool("f"),), tool_choice=Choosing.required, format=Format()))
    assert written["tool_choice"] == "required"
    assert written["tools"][0]["parameters"] == {"type": "object", "properties": {}}
    assert written["text"] == {"format": {"type": "json_object"}}


@given(chats())
def test_what_is_written_is_read_as_the_same(chat: Chat) -> None:
    """But for what a tool does not say: it is not strict, which here has to be said; and for tiny limits."""
    chat = replace(chat, max_output=(chat.max_output or 0) + 16)
    written, lost = write(chat)
    expected = replace(chat, tools=tuple([replace(tool, strict=False) for tool in chat.tools]))
    assert (read_chat(json.dumps(written).encode()), lost) == (expected, "")
    REQUEST.validate_python(written)
