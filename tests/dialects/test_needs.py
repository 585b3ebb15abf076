"""What a chat needs of its model, found in any dialect without reading what need not be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.chat import Chat, Message, Role, ToolResult
from aigne_hub.dialects.embeddings import Embeddings
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.needs import needed
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from tests.dialects.chats import PICTURE, PIXEL

BOTH = frozenset({"tools", "vision"})
URL = f"data:image/png;base64,{PIXEL}"
CHAT, RESPONSES, MESSAGES = OpenAIChat(is_hybrid=False), OpenAIResponses(), AnthropicMessages()
GEMINI, NATIVE, HYBRID = Gemini("m"), Native(), OpenAIChat(is_hybrid=True)
SCHEMA = {"type": "object", "properties": {"image_url": {"type": "string"}, "image": {"type": "string"}}}
FUNCTION = {"name": "f", "parameters": SCHEMA}


def chat(content: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def messages(content: Any, **more: Any) -> dict[str, Any]:
    return chat(content, max_tokens=9, **more)


def gemini(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"contents": [{"parts": list(parts)}], **more}


def native(content: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "input": {"messages": [{"role": "user", "content": content}], **more}}


BASE64 = {"type": "base64", "media_type": "image/png", "data": PIXEL}
ASKED: list[tuple[ServedDialect, dict[str, Any], str | None]] = [
    (CHAT, chat("an \"image_url\" in words and \"tools\" too"), None),
    (CHAT, chat([{"type": "image_url", "image_url": {"url": URL}}]), "vision"),
    (CHAT, chat("hi", tools=[{"type": "function", "function": FUNCTION}]), "tools"),
    (CHAT, chat("hi", tools=[{"type": "function", "function": FUNCTION}], tool_choice="none"), None),
    (CHAT, chat("hi", tools=[]), None),
    (HYBRID, chat([{"type": "image_url", "imageUrl": {"url": URL}}]), "vision"),
    (RESPONSES, {"model": "m", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": URL}]}]},
     "vision"),
    (RESPONSES, {"model": "m", "input": "hi", "tools": [{"type": "function", **FUNCTION}]}, "tools"),
    (RESPONSES, {"model": "m", "input": "hi", "tools": [{"type": "web_search"}]}, None),
    (MESSAGES, messages([{"type": "image", "source": BASE64}]), "vision"),
    (MESSAGES, messages("hi", tools=[{"name": "f", "input_schema": SCHEMA}]), "tools"),
    (GEMINI, gemini({"inlineData": {"mimeType": "image/png", "data": PIXEL}}), "vision"),
    (GEMINI, gemini({"text": "hi"}, tools=[{"functionDeclarations": [FUNCTION]}]), "tools"),
    (GEMINI, gemini({"text": "hi"}), None),
    (NATIVE, native([{"type": "url", "url": "https://example.com/a.png", "mimeType": "image/png"}]), "vision"),
    (NATIVE, native("hi"), None),
    (Embeddings(), {"model": "m", "input": "\"tools\""}, None),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "body", "need"), ASKED)
def test_what_a_call_needs(dialect: ServedDialect, body: dict[str, Any], need: str | None) -> None:
    call = dialect.read_request(json.dumps(body).encode(), accepts_stream=False)
    assert needed(call, dialect, BOTH) == need
    assert needed(call, dialect, BOTH - {need or ""}) is None
    assert needed(call, dialect, frozenset({"chatCompletion"})) is None


def test_a_tool_s_parameter_that_is_named_like_a_picture_is_none() -> None:
    body = chat("hi", tools=[{"type": "function", "function": FUNCTION}])
    call = CHAT.read_request(json.dumps(body).encode(), accepts_stream=False)
    assert needed(call, CHAT, frozenset({"vision"})) is None


def test_a_picture_that_a_tool_gave_is_seen_too() -> None:
    parts = Chat((Message(Role.tool, (ToolResult("c1", (PICTURE,)),)),))
    assert needed(Call(Kind.chat, "m", b"{}", chat=parts), NATIVE, BOTH) == "vision"


def test_what_the_hub_cannot_read_is_the_provider_s_to_judge() -> None:
    call = Call(Kind.chat, "m", b'{"messages":[{"role":"odd","content":[{"type":"image_url"}]}],"tools":[{}]}')
    assert needed(call, CHAT, BOTH) is None
