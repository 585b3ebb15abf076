"""Requests of other dialects are written as Chat Completions, and what cannot be said is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects.chat import (
    Chat,
    Format,
    Media,
    MediaKind,
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
from aigne_hub.dialects.openai_chat.write_request import write_chat
from tests.dialects.chats import PICTURE, PIXEL, SCHEMA

USER = Message(Role.user, (Text("hi"),))


def write(chat: Chat, *quirks: str, is_stream: bool = False) -> tuple[dict[str, Any], str]:
    losses = Losses()
    return json.loads(write_chat(chat, "m", losses, frozenset(quirks), is_stream=is_stream)), losses.header()


def test_a_small_request_is_small() -> None:
    assert write(Chat((USER,))) == ({"model": "m", "messages": [{"role": "user", "content": "hi"}]}, "")


def test_a_stream_asks_for_its_usage() -> None:
    written, _ = write(Chat((USER,)), is_stream=True)
    assert (written["stream"], written["stream_options"]) == (True, {"include_usage": True})


def test_the_limit_has_the_name_that_the_provider_knows() -> None:
    assert write(Chat((USER,), max_output=5))[0]["max_tokens"] == 5
    assert write(Chat((USER,), max_output=5), "max_completion_tokens")[0]["max_completion_tokens"] == 5


@pytest.mark.parametrize(
    ("chat", "lost"),
    [
        (Chat((USER,), top_k=3), "top_k"),
        (Chat((USER,), reasoning=Reasoning(budget=9000)), "reasoning_budget=approximated"),
        (Chat((Message(Role.user, (Text("x", cache="5m"),)),)), "cache_control=approximated"),
        (Chat((USER,), tools=(Tool("f", cache="5m"),)), "cache_control=approximated"),
        (Chat((USER, Message(Role.assistant, (Thinking("hm"), Text("x"))))), "thinking"),
        (Chat((Message(Role.user, (Media(MediaKind.file, url="https://x.example/a.pdf"),)),)), "messages.file_url"),
        (Chat((Message(Role.user, (Media(MediaKind.image, file_id="f"),)),)), "messages.image_id"),
        (Chat((USER,), unknown=("container",)), "container"),
    ],
)
def test_what_cannot_be_said_is_told(chat: Chat, lost: str) -> None:
    assert write(chat)[1] == lost


def test_quirks_carry_more() -> None:
    thought = Chat((USER, Message(Role.assistant, (Thinking("hm"), Text("x")))), top_k=3)
    written, lost = write(thought, "top_k", "reasoning_content")
    assert (written["top_k"], written["messages"][1]["reasoning_content"], lost) == (3, "hm", "")
    marked = Chat((Message(Role.user, (Text("x", cache="1h"),)),))
    written, lost = write(marked, "cache_control", "cache_hour")
    assert written["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert lost == ""


def test_a_tool_round_keeps_its_order_and_its_pictures() -> None:
    use = ToolUse("c1", "f", "{}", Seal("gemini", "ts"))
    result = ToolResult("c1", (Text("see"), PICTURE), is_error=True)
    written, lost = write(Chat((USER, Message(Role.assistant, (use,)), Message(Role.tool, (result,)), USER)))
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "ts"}}}  # fmt: skip
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
    assert written["messages"] == [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "see"},
        {"role": "user", "content": [picture]},
        {"role": "user", "content": "hi"},
    ]
    assert lost == "tool_result.media=approximated, tool_result.is_error"


def test_sound_and_documents_have_their_parts() -> None:
    parts = (
        Media(MediaKind.audio, mime="audio/mpeg", data="aGk="),
        Media(MediaKind.file, mime="application/pdf", data="aGk="),
    )
    written, lost = write(Chat((Message(Role.user, parts),)))  # fmt: skip
    assert written["messages"][0]["content"] == [
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,aGk="}},
    ]
    assert lost == ""


def test_structured_output_and_effort() -> None:
    written, _ = write(Chat((USER,), format=Format(SCHEMA), reasoning=Reasoning(effort="max")))
    assert written["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
    assert written["reasoning_effort"] == "xhigh"
    assert write(Chat((USER,), format=Format()))[0]["response_format"] == {"type": "json_object"}
