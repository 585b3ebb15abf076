"""Messages requests are read whole, or refused by the place that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.anthropic_messages.read_request import read_chat
from aigne_hub.dialects.anthropic_messages.write_request import write_chat
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Media,
    MediaKind,
    Message,
    Reasoning,
    Role,
    Text,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from tests.dialects.chats import PIXEL, SCHEMA, chats

USER = {"role": "user", "content": "hi"}
MARK = {"type": "ephemeral", "ttl": "1h"}


def read(**fields: Any) -> Chat:
    return read_chat(json.dumps({"model": "m", "max_tokens": 9, "messages": [USER], **fields}).encode())


def test_every_field_has_its_place() -> None:
    chat = read(
        system=[{"type": "text", "text": "be brief", "cache_control": MARK}],
        tools=[{"name": "f", "description": "d", "input_schema": SCHEMA, "strict": True, "cache_control": MARK}],
        tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True},
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
        temperature=0,
        top_p=0.5,
        top_k=3,
        stop_sequences=["a"],
        metadata={"user_id": "u"},
        service_tier="auto",
        container="c",
    )
    assert chat == Chat(
        messages=(Message(Role.system, (Text("be brief", cache="1h"),)), Message(Role.user, (Text("hi"),))),
        tools=(Tool("f", "d", SCHEMA, True, "1h"),),
        tool_choice="f",
        parallel_tools=False,
        format=Format(SCHEMA, strict=True),
        reasoning=Reasoning(effort="low"),
        max_output=9,
        temperature=0,
        top_p=0.5,
        top_k=3,
        stop=("a",),
        user="u",
        tier="auto",
        unknown=("container",),
    )


@pytest.mark.parametrize(
    ("thinking", "reasoning"),
    [
        ({"type": "disabled"}, Reasoning(effort="none")),
        ({"type": "between_tools"}, Reasoning(effort="none")),
        ({"type": "adaptive"}, Reasoning(effort="high")),
        ({"type": "enabled", "budget_tokens": 2048}, Reasoning(budget=2048)),
    ],
)
def test_how_much_to_think(thinking: dict[str, Any], reasoning: Reasoning) -> None:
    assert read(thinking=thinking).reasoning == reasoning


def test_thoughts_between_tools_alone_are_told_as_lost() -> None:
    """https://platform.claude.com/docs/en/build-with-claude/thinking"""
    assert read(thinking={"type": "between_tools"}).unknown == ("thinking.between_tools",)


def test_blocks_of_every_kind_are_read() -> None:
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "aGk="}
    blocks = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
        {"type": "document", "title": "a", "source": pdf},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
        {"type": "document", "source": {"type": "file", "file_id": "f1"}},
        {"type": "search_result", "source": "x"},
    ]
    chat = read(messages=[{"role": "user", "content": blocks}])
    assert chat.messages[0].parts == (
        Media(MediaKind.image, mime="image/png", data=PIXEL),
        Media(MediaKind.image, url="https://x.example/a.png"),
        Media(MediaKind.file, mime="application/pdf", data="aGk=", name="a"),
        Text("words"),
        Media(MediaKind.file, file_id="f1"),
    )
    assert chat.unknown == ("content.search_result",)


def test_results_of_tools_become_messages_of_their_own() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}
    result = {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": [{"type": "text", "text": "no"}]}
    said = [result, {"type": "text", "text": "go on"}]
    chat = read(messages=[USER, {"role": "assistant", "content": [use]}, {"role": "user", "content": said}])
    assert chat.messages[1:] == (
        Message(Role.assistant, (ToolUse("t1", "f", '{"a":1}'),)),
        Message(Role.tool, (ToolResult("t1", (Text("no"),), is_error=True),)),
        Message(Role.user, (Text("go on"),)),
    )


def test_tools_that_the_provider_runs_are_named() -> None:
    assert read(tools=[{"type": "web_search_20250305", "name": "web_search"}]).unknown == ("tools.web_search_20250305",)


ORPHAN = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t9", "content": ""}]}
BAD_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "@@"}}
BAD_TYPE = {"type": "image", "source": {"type": "base64", "media_type": "image/tiff", "data": PIXEL}}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [ORPHAN]}, "messages[0].content[0].tool_use_id"),
        ({"messages": [{"role": "user", "content": [BAD_IMAGE]}]}, "messages[0].content[0].source.data"),
        ({"messages": [{"role": "user", "content": [BAD_TYPE]}]}, "messages[0].content[0].source.data"),
        ({"tools": [{"name": "f"}]}, "tools[0].input_schema"),
        ({"tools": [{"name": "f", "input_schema": 5}]}, "tools[0].input_schema"),
        ({"tool_choice": {"type": "some"}}, "tool_choice.type"),
        ({"thinking": {"type": "deep"}}, "thinking.type"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
        ({"temperature": 1.5}, "temperature"),
        ({"system": 5}, "system"),
    ],
)
def test_what_is_wrong_is_refused_by_its_place(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**fields)
    assert refused.value.param == param


def test_choices_by_word() -> None:
    assert read(tool_choice={"type": "any"}).tool_choice is Choosing.required
    assert read(tool_choice={"type": "none"}).tool_choice is Choosing.none


@given(chats())
def test_what_was_written_is_read_again(chat: Chat) -> None:
    losses = Losses()
    again = read_chat(write_chat(chat, "claude-sonnet-4-6", losses, is_stream=False))
    assert not losses
    assert _unnamed(again) == _unnamed(chat)


def _unnamed(chat: Chat) -> Chat:
    """The format has no place for the name of a schema, and keeps neither key order nor spaces of arguments."""
    return replace(chat, format=None if chat.format is None else Format(chat.format.schema, strict=True))
