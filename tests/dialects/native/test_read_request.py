"""Native requests are read whole, or refused by the place that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
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
from aigne_hub.dialects.native.read_request import read_chat
from tests.dialects.chats import PIXEL, SCHEMA

USER = {"role": "user", "content": "hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"a": 1}}}


def read(*, options: dict[str, Any] | None = None, **given: Any) -> Chat:
    body = {"input": {"messages": [USER], **given}}
    if options is not None:
        body["input"]["modelOptions"] = options
    return read_chat(body)[1]


def test_what_the_published_client_sends_is_read() -> None:
    body = {
        "input": {
            "messages": [{"role": "system", "content": [{"type": "text", "text": "Be kind"}]}, USER],
            "modelOptions": {
                "cacheConfig": {"autoBreakpoints": {"lastMessage": True}},
                "model": "openai/gpt-5-mini",
            },
            "outputFileType": "url",
        },
        "agent": "$CHAT_MODEL",
        "options": {"streaming": True, "userContext": {}, "memories": []},
    }
    model, chat, is_stream = read_chat(body)
    assert (model, is_stream) == ("openai/gpt-5-mini", True)
    assert chat == Chat((Message(Role.system, (Text("Be kind"),)), Message(Role.user, (Text("hi"),))), auto_cache="5m")


def test_the_model_is_the_first_that_is_named() -> None:
    inner = {"messages": [USER], "model": "b", "modelOptions": {"model": "c"}}
    assert read_chat({"model": "a", "input": inner})[0] == "a"
    assert read_chat({"input": inner})[0] == "b"
    assert read_chat({"input": {**inner, "model": None}})[0] == "c"
    assert read_chat({"input": {"messages": [USER]}})[0] == "openai/gpt-5-mini"


def test_every_field_has_its_place() -> None:
    chat = read(
        tools=[{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}],
        toolChoice={"type": "function", "function": {"name": "f"}},
        responseFormat={"type": "json_schema", "jsonSchema": {"name": "o", "schema": SCHEMA, "strict": True}},
        options={"temperature": 0.2, "topP": 0.9, "frequencyPenalty": 1, "presencePenalty": -1, "maxTokens": 7,
                 "parallelToolCalls": False, "reasoningEffort": "low", "preferInputFileType": "url", "odd": 1},
    )  # fmt: skip
    assert chat == Chat(
        messages=(Message(Role.user, (Text("hi"),)),),
        tools=(Tool("f", "d", SCHEMA),),
        tool_choice="f",
        parallel_tools=False,
        format=Format(SCHEMA, "o", None, True),
        reasoning=Reasoning(effort="low"),
        max_output=7,
        temperature=0.2,
        top_p=0.9,
        presence_penalty=-1,
        frequency_penalty=1,
        unknown=("odd",),
    )
    assert read(toolChoice="required").tool_choice is Choosing.required
    assert read(options={"reasoningEffort": 2048}).reasoning == Reasoning(budget=2048)
    assert read(options={"reasoningEffort": 0}).reasoning == Reasoning(effort="none")
    assert read(options={"cacheConfig": {"enabled": False}}).auto_cache is None


def test_a_tool_round_and_files_are_read() -> None:
    sealed = {**CALL, "metadata": {"seal": "hub:gemini::ts"}}
    parts = [
        {"type": "text", "text": "look", "cacheControl": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "file", "data": PIXEL},
        {"type": "file", "data": "aGk=", "mimeType": "application/pdf", "filename": "a.pdf"},
        {"type": "url", "url": "https://x.example/a.mp3", "mimeType": "audio/mpeg"},
        {"type": "url", "url": "https://x.example/a"},
    ]
    chat = read(
        messages=[
            {"role": "user", "content": parts},
            {"role": "agent", "thoughts": "hm", "content": "wait", "toolCalls": [sealed], "name": "bot"},
            {"role": "tool", "toolCallId": "c1", "content": "42"},
        ]
    )
    assert chat.messages == (
        Message(
            Role.user,
            (
                Text("look", cache="1h"),
                Media(MediaKind.image, mime="image/png", data=PIXEL),
                Media(MediaKind.file, mime="application/pdf", data="aGk=", name="a.pdf"),
                Media(MediaKind.audio, mime="audio/mpeg", url="https://x.example/a.mp3"),
                Media(MediaKind.image, url="https://x.example/a"),
            ),
        ),
        Message(
            Role.assistant,
            (Thinking("hm"), Text("wait"), ToolUse("c1", "f", '{"a":1}', Seal("gemini", "ts"))),
            "bot",
        ),
        Message(Role.tool, (ToolResult("c1", (Text("42"),)),)),
    )


def said(part: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [part]}]}


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"messages": []}, "input.messages"),
        ({"messages": [{"role": "robot"}]}, "input.messages[0].role"),
        ({"messages": [{"role": "user"}]}, "input.messages[0].content"),
        ({"messages": [{"role": "tool", "toolCallId": "c9"}]}, "input.messages[0].toolCallId"),
        (said({"type": "local", "path": "/etc"}), "input.messages[0].content[0].type"),
        (said({"type": "file", "data": "@"}), "input.messages[0].content[0].data"),
        (said({"type": "url", "url": "x"}), "input.messages[0].content[0].url"),
        ({"toolChoice": "some"}, "input.toolChoice"),
        ({"responseFormat": {"type": "xml"}}, "input.responseFormat.type"),
        ({"outputFileType": "fax"}, "input.outputFileType"),
        ({"modelOptions": {"reasoningEffort": "wild"}}, "input.modelOptions.reasoningEffort"),
        ({"modelOptions": {"temperature": 3}}, "input.modelOptions.temperature"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_its_place(given: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**given)
    assert refused.value.param == param


def test_what_a_client_sends_in_two_messages_is_one_that_its_sealed_thoughts_begin() -> None:
    function = {"name": "f", "arguments": {}}
    kept = {"thoughts": [{"text": "hm", "seal": "hub:anthropic_messages::sig"}, 5]}
    before = [{"type": "text", "text": "hm", "isThinking": True}, {"type": "text", "text": "so"}]
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "hi"},
        {"role": "agent", "content": before},
        {"role": "agent", "toolCalls": [{"id": "c1", "type": "function", "function": function, "metadata": kept}]},
        {"role": "tool", "toolCallId": "c1", "content": "ok"},
    ]
    sealed = Thinking("hm", Seal("anthropic_messages", "sig"))
    _, agent, _ = read(messages=messages).messages
    assert agent == Message(Role.assistant, (sealed, Text("so"), ToolUse("c1", "f", "{}")))
    del messages[1]
    messages[1]["thoughts"] = "hm"
    _, agent, _ = read(messages=messages).messages
    assert agent == Message(Role.assistant, (sealed, ToolUse("c1", "f", "{}")))
