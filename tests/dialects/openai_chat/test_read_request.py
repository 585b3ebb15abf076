"""Chat Completions requests are read whole, or refused by the place that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Media,
    MediaKind,
    Message,
    Reasoning,
    Refusal,
    Role,
    Seal,
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_chat.read_request import read_chat
from aigne_hub.dialects.openai_chat.write_request import write_chat
from tests.dialects.chats import PIXEL, SCHEMA, chats

USER = {"role": "user", "content": "hi"}
TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": True}}
BAD_TOOL = {"type": "function", "function": {"name": "f", "parameters": "x"}}
BAD_FORMAT = {"type": "json_schema", "json_schema": {"schema": []}}
BAD_CALL = {"role": "assistant", "tool_calls": [{"id": "c"}]}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


def read(**fields: Any) -> Chat:
    return read_chat(json.dumps({"model": "m", "messages": [USER], **fields}).encode())


def test_every_field_has_its_place() -> None:
    chat = read(
        tools=[TOOL],
        tool_choice={"type": "function", "function": {"name": "f"}},
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
        reasoning_effort="low",
        max_completion_tokens=5,
        temperature=0,
        top_p=0.5,
        stop=["a", "b"],
        seed=7,
        n=2,
        presence_penalty=1,
        frequency_penalty=-1,
        logprobs=True,
        top_logprobs=3,
        logit_bias={"1": 2},
        user="u",
        metadata={"k": "v"},
        service_tier="flex",
        verbosity="low",
        prompt_cache_key="p",
        strange=1,
    )  # fmt: skip
    assert chat == Chat(
        messages=(Message(Role.user, (Text("hi"),)),),
        tools=(Tool("f", "d", SCHEMA, True),),
        tool_choice="f",
        parallel_tools=False,
        format=Format(SCHEMA, "n", None, True),
        reasoning=Reasoning(effort="low"),
        max_output=5,
        temperature=0,
        top_p=0.5,
        stop=("a", "b"),
        seed=7,
        n=2,
        presence_penalty=1,
        frequency_penalty=-1,
        logprobs=3,
        logit_bias={"1": 2},
        user="u",
        metadata={"k": "v"},
        tier="flex",
        verbosity="low",
        cache_key="p",
        unknown=("strange",),
    )


def test_parts_of_every_kind_are_read() -> None:
    parts = [
        {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "high"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "video_url", "video_url": {"url": "https://x.example/v.mp4"}},
    ]
    chat = read(messages=[{"role": "user", "content": parts, "name": "Ann"}])
    assert chat.messages == (
        Message(
            Role.user,
            (
                Text("look", cache="5m"),
                Media(MediaKind.image, mime="image/png", data=PIXEL, detail="high"),
                Media(MediaKind.audio, mime="audio/mpeg", data="aGk="),
                Media(MediaKind.file, mime="application/pdf", data="aGk=", name="a.pdf"),
                Media(MediaKind.file, file_id="file-1"),
                Media(MediaKind.video, url="https://x.example/v.mp4"),
            ),
            "Ann",
        ),
    )


def test_a_tool_round_with_thinking_is_read() -> None:
    details = [{"type": "reasoning.text", "text": "hm", "signature": "hub:anthropic_messages::sig"}]
    call = {**CALL, "extra_content": {"google": {"thought_signature": "ts"}}}
    said = {"role": "assistant", "content": None, "reasoning_details": details, "tool_calls": [call], "refusal": "no"}
    chat = read(messages=[USER, said, {"role": "tool", "tool_call_id": "c1", "content": "42"}])
    assert chat.messages[1].parts == (
        Thinking("hm", Seal("anthropic_messages", "sig")),
        Refusal("no"),
        ToolUse("c1", "f", '{"a":1}', Seal("gemini", "ts")),
    )
    assert chat.messages[2] == Message(Role.tool, (ToolResult("c1", (Text("42"),)),))
    plain = {"role": "assistant", "content": "x", "reasoning_content": "hm"}
    assert read(messages=[USER, plain]).messages[1].parts == (Thinking("hm"), Text("x"))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [USER, {"role": "tool", "tool_call_id": "c9", "content": ""}]}, "messages[1].tool_call_id"),
        ({"messages": [USER, BAD_CALL]}, "messages[1].tool_calls[0].function"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [BAD_TOOL]}, "tools[0].function.parameters"),
        ({"tool_choice": "sometimes"}, "tool_choice"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
        ({"response_format": BAD_FORMAT}, "response_format.json_schema.schema"),
        ({"temperature": 3}, "temperature"),
        ({"reasoning_effort": "wild"}, "reasoning_effort"),
        ({"stop": [1]}, "stop"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_its_place(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**fields)
    assert refused.value.param == param


def test_choices_and_formats_by_word() -> None:
    assert read(tool_choice="required").tool_choice is Choosing.required
    assert read(response_format={"type": "json_object"}).format == Format()
    assert read(response_format={"type": "text"}).format is None
    assert read(stop="x").stop == ("x",)
    assert read(logprobs=True).logprobs == 0


@given(chats())
def test_what_was_written_is_read_again(chat: Chat) -> None:
    losses = Losses()
    assert read_chat(write_chat(chat, "m", losses, frozenset(), is_stream=False)) == chat
    assert not losses
