"""Requests are written as Converse wants them: botocore's own model of the service is the judge."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import validate_parameters
from hypothesis import given

from aigne_hub.dialects.bedrock_converse.write_request import NAME, write_chat
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
from aigne_hub.dialects.fidelity import Losses
from tests.dialects.chats import PICTURE, PIXEL, SCHEMA, chats

SHAPE = botocore.session.get_session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape
USER = Message(Role.user, (Text("hi"),))
CLAUDE = "anthropic.claude-sonnet-4-20250514-v1:0"


def write(chat: Chat, model: str = CLAUDE) -> tuple[dict[str, Any], str]:
    losses = Losses()
    written = json.loads(write_chat(chat, model, losses))
    validate_parameters({"modelId": model, **written}, SHAPE)
    return written, losses.header()


def test_a_small_request_is_small() -> None:
    assert write(Chat((USER,))) == ({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}, "")


@given(chats())
def test_whatever_can_be_asked_is_taken_by_aws_s_own_client(chat: Chat) -> None:
    write(chat)


def test_every_field_has_its_place() -> None:
    chat = Chat(
        (Message(Role.system, (Text("be kind", cache="1h"),)), USER),
        tools=(Tool("f", "d", SCHEMA, True, "5m"),),
        tool_choice="f",
        format=Format(SCHEMA, "answer", "what it is"),
        max_output=5,
        temperature=0.5,
        top_p=0.9,
        stop=("END",),
        metadata={"team": "blue"},
        tier="flex",
        top_k=3,
        reasoning=Reasoning(budget=2048),
    )
    written, lost = write(chat)
    assert lost == ""
    assert written["system"] == [{"text": "be kind"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert written["inferenceConfig"] == {"maxTokens": 5, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]}
    spec = {"name": "f", "inputSchema": {"json": SCHEMA}, "description": "d", "strict": True}
    assert written["toolConfig"] == {
        "tools": [{"toolSpec": spec}, {"cachePoint": {"type": "default"}}],
        "toolChoice": {"tool": {"name": "f"}},
    }
    structure = {
        "jsonSchema": {
            "schema": json.dumps(SCHEMA, separators=(",", ":")),
            "name": "answer",
            "description": "what it is",
        }
    }
    assert written["outputConfig"] == {"textFormat": {"type": "json_schema", "structure": structure}}
    assert written["requestMetadata"] == {"team": "blue"}
    assert written["serviceTier"] == {"type": "flex"}
    assert written["additionalModelRequestFields"] == {
        "top_k": 3,
        "thinking": {"type": "enabled", "budget_tokens": 2048},
    }


def test_a_tool_round_is_turns_that_alternate() -> None:
    said = (
        Thinking("hm", Seal(NAME, "sig")),
        Thinking("", Seal(NAME, "YmxvYg==", "redacted")),
        ToolUse("t1", "f", '{"a":1}'),
        ToolUse("t2", "f", "oops"),
    )
    results = [
        Message(Role.tool, (ToolResult("t1", (Text("1"),)),)),
        Message(Role.tool, (ToolResult("t2", (PICTURE,), is_error=True),)),
    ]
    written, lost = write(Chat((USER, Message(Role.assistant, said), *results, USER)))
    assert written["messages"][1]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
        {"reasoningContent": {"redactedContent": "YmxvYg=="}},
        {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
        {"toolUse": {"toolUseId": "t2", "name": "f", "input": {"_": "oops"}}},
    ]
    picture = {"image": {"format": "png", "source": {"bytes": PIXEL}}}
    assert written["messages"][2]["content"] == [
        {"toolResult": {"toolUseId": "t1", "content": [{"text": "1"}]}},
        {"toolResult": {"toolUseId": "t2", "content": [picture], "status": "error"}},
        {"text": "hi"},
    ]
    assert lost == ""


def test_documents_have_names_that_aws_takes() -> None:
    pdf = Media(MediaKind.file, mime="application/pdf", data="aGk=", name="my_report (1).v2.pdf")
    written, lost = write(Chat((Message(Role.user, (pdf, Text("read"))),)))
    document = written["messages"][0]["content"][0]["document"]
    assert (document["format"], document["name"], lost) == ("pdf", "my report (1) v2", "")


@pytest.mark.parametrize(
    ("chat", "lost"),
    [
        (Chat((USER,), seed=1, n=2, user="u"), "n, seed, user"),
        (Chat((USER,), parallel_tools=False), "parallel_tool_calls"),
        (Chat((USER,), temperature=1.5), "temperature=approximated"),
        (Chat((USER,), tools=(Tool("f"),), tool_choice=Choosing.none), "tool_choice=approximated"),
        (Chat((USER,), format=Format()), "response_format=approximated"),
        (Chat((USER,), reasoning=Reasoning(effort="low")), "reasoning_effort=approximated"),
        (Chat((USER, Message(Role.developer, (Text("x"),)))), "system_message_in_between=approximated"),
        (Chat((Message(Role.user, (Media(MediaKind.image, url="https://x.example/a"),)), USER)), "messages.image_url"),
        (Chat((USER, Message(Role.assistant, (Thinking("hm"), Text("x"))))), "thinking"),
        (Chat((USER,), tier="strange", unknown=("store",)), "service_tier, store"),
    ],
)
def test_what_cannot_be_said_is_told(chat: Chat, lost: str) -> None:
    assert write(chat)[1] == lost


def test_models_of_other_makers_take_less() -> None:
    chat = Chat((USER,), top_k=3, reasoning=Reasoning(effort="high"))
    written, lost = write(chat, "amazon.nova-pro-v1:0")
    assert "additionalModelRequestFields" not in written
    assert lost == "top_k, reasoning_effort"


def test_newer_claude_models_choose_how_much_to_think_and_take_no_sampling() -> None:
    """Of a budget they say 400: docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html"""
    chat = Chat((USER,), top_k=3, temperature=0.5, top_p=0.9, max_output=5, reasoning=Reasoning(effort="medium"))
    written, lost = write(chat, "eu.anthropic.claude-opus-4-7")
    adaptive = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}}
    assert (written["additionalModelRequestFields"], lost) == (adaptive, "temperature, top_p, top_k")
    assert written["inferenceConfig"] == {"maxTokens": 5}
    written, lost = write(chat, "anthropic.claude-sonnet-4-6")
    assert (written["additionalModelRequestFields"], lost) == ({"top_k": 3, **adaptive}, "")
