"""Requests of generateContent are read whole, or refused (https://ai.google.dev/api/generate-content)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from aigne_hub.base.errors import BadRequest
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
from aigne_hub.dialects.gemini.read_request import check, check_roles, read_chat
from aigne_hub.dialects.gemini.write_request import write_chat
from tests.dialects.chats import SCHEMA, chats

USER = {"role": "user", "parts": [{"text": "hi"}]}
GOOGLES = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}


def read(**fields: Any) -> Chat:
    return read_chat(json.dumps({"contents": [USER], **fields}).encode())


FULL: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "be brief"}]},
    "tools": [
        {"functionDeclarations": [{"name": "f", "description": "d", "parameters": GOOGLES, "behavior": "BLOCKING"}]},
        {"functionDeclarations": [{"name": "g", "parametersJsonSchema": SCHEMA}]},
        {"googleSearch": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {
        "maxOutputTokens": 9,
        "temperature": 0,
        "topP": 0.5,
        "topK": 40.0,
        "stopSequences": ["a"],
        "seed": 3,
        "candidateCount": 2,
        "presencePenalty": 0.5,
        "frequencyPenalty": -0.5,
        "responseLogprobs": True,
        "logprobs": 2,
        "responseMimeType": "application/json",
        "responseSchema": GOOGLES,
        "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True},
        "responseModalities": ["TEXT"],
        "mediaResolution": "MEDIA_RESOLUTION_LOW",
    },
    "safetySettings": [],
    "cachedContent": "cachedContents/x",
    "serviceTier": "standard",
}
EXPECTED = Chat(
    messages=(Message(Role.system, (Text("be brief"),)), Message(Role.user, (Text("hi"),))),
    tools=(Tool("f", "d", SCHEMA), Tool("g", None, SCHEMA)),
    tool_choice="f",
    format=Format(SCHEMA, strict=True),
    reasoning=Reasoning(effort="low", summary="auto"),
    max_output=9,
    temperature=0,
    top_p=0.5,
    top_k=40,
    stop=("a",),
    seed=3,
    n=2,
    presence_penalty=0.5,
    frequency_penalty=-0.5,
    logprobs=2,
    tier="default",
    unknown=(
        "safetySettings",
        "cachedContent",
        "tools.functionDeclarations.behavior",
        "tools.googleSearch",
        "generationConfig.mediaResolution",
    ),
)


def test_every_field_has_its_place() -> None:
    assert read(**FULL) == EXPECTED


def snake(value: Any) -> Any:
    if isinstance(value, list):
        return [snake(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        "".join([f"_{c.lower()}" if c.isupper() else c for c in name]): one
        if name == "parametersJsonSchema"
        else snake(one)
        for name, one in value.items()
    }


def test_the_other_spelling_is_read_as_well() -> None:
    assert "function_declarations" in json.dumps(snake(FULL))
    assert read(**snake(FULL)) == EXPECTED


@pytest.mark.parametrize(
    ("config", "reasoning"),
    [
        ({"thinkingBudget": 0}, Reasoning(effort="none")),
        ({"thinkingBudget": -1}, None),
        ({"thinkingBudget": 2048, "includeThoughts": True}, Reasoning(budget=2048, summary="auto")),
        ({"thinkingLevel": "HIGH"}, Reasoning(effort="high")),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, None),
        ({"includeThoughts": True}, Reasoning(summary="auto")),
        ({"includeThoughts": False}, None),
    ],
)
def test_how_much_to_think(config: dict[str, Any], reasoning: Reasoning | None) -> None:
    assert read(generationConfig={"thinkingConfig": config}).reasoning == reasoning


@pytest.mark.parametrize(
    ("calling", "choice", "unknown"),
    [
        ({"mode": "AUTO"}, Choosing.auto, ()),
        ({"mode": "NONE"}, Choosing.none, ()),
        ({"mode": "any"}, Choosing.required, ()),
        ({}, None, ()),
        (
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
            Choosing.required,
            ("toolConfig.functionCallingConfig.allowedFunctionNames",),
        ),
        ({"mode": "AUTO", "streamX": 1}, Choosing.auto, ("toolConfig.functionCallingConfig.streamX",)),
    ],
)
def test_which_tool(calling: dict[str, Any], choice: Choosing | None, unknown: tuple[str, ...]) -> None:
    chat = read(toolConfig={"functionCallingConfig": calling})
    assert (chat.tool_choice, chat.unknown) == (choice, unknown)


def test_validated_calls_are_those_of_strict_tools() -> None:
    declared = [{"functionDeclarations": [{"name": "f"}]}]
    chat = read(tools=declared, toolConfig={"functionCallingConfig": {"mode": "VALIDATED"}, "retrievalConfig": {}})
    assert (chat.tools, chat.tool_choice) == ((Tool("f", strict=True),), None)
    assert chat.unknown == ("toolConfig.retrievalConfig",)


def test_formats() -> None:
    assert read(generationConfig={"responseMimeType": "application/json"}).format == Format()
    assert read(generationConfig={"responseMimeType": "text/plain"}).format is None
    given = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert read(generationConfig=given).format == Format(SCHEMA, strict=True)
    odd = read(generationConfig={"responseMimeType": "text/x.enum", "responseModalities": ["IMAGE"]})
    assert odd.unknown == ("generationConfig.responseModalities", "generationConfig.responseMimeType")


def test_turns_of_tools() -> None:
    contents = [
        {"parts": {"text": "go"}},
        {
            "role": "model",
            "parts": [{"text": "hm", "thought": True}, {"functionCall": {"name": "f", "args": {"a": 1}}}],
        },
        {
            "role": "function",
            "parts": [{"functionResponse": {"name": "f", "response": {"output": "1"}}}, {"text": "so?"}],
        },
        {"role": "model", "parts": []},
    ]
    assert read(contents=contents).messages == (
        Message(Role.user, (Text("go"),)),
        Message(Role.assistant, (Thinking("hm"), ToolUse("call_0", "f", '{"a":1}'))),
        Message(Role.tool, (ToolResult("call_0", (Text("1"),)),)),
        Message(Role.user, (Text("so?"),)),
    )


def test_a_turn_that_a_client_kept_in_the_pieces_of_its_stream_is_one_again() -> None:
    pieces = [
        {"text": "h", "thought": True},
        {"text": "m", "thought": True},
        {"text": "", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "Hel"},
        {"text": "lo"},
        {"text": "", "thoughtSignature": "dGV4dA=="},
    ]
    contents = [USER, *[{"role": "model", "parts": [piece]} for piece in pieces]]
    assert read(contents=contents).messages[1] == Message(
        Role.assistant, (Thinking("hm", Seal("gemini", "c2ln")), Text("Hello", seal=Seal("gemini", "dGV4dA==")))
    )


CALL = {"role": "user", "parts": [{"functionCall": {"name": "f"}}]}
THOUGHT = {"parts": [{"text": "x"}, {"text": "hm", "thought": True}]}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"contents": []}, "contents"),
        ({"contents": "hi"}, "contents"),
        ({"contents": [{"role": "user", "parts": []}]}, "contents"),
        ({"contents": [{"role": "robot", "parts": [{"text": "x"}]}]}, "contents[0].role"),
        ({"contents": [CALL]}, "contents[0].parts[0]"),
        ({"contents": [THOUGHT]}, "contents[0].parts[1]"),
        ({"generationConfig": {"temperature": 3}}, "generationConfig.temperature"),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "deep"}}},
         "generationConfig.thinkingConfig.thinkingLevel"),
        ({"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": 5}},
         "generationConfig.responseJsonSchema"),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "SOME"}}}, "toolConfig.functionCallingConfig.mode"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_its_place(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**fields)
    assert refused.value.param == param


def test_what_goes_on_as_it_is_is_looked_through() -> None:
    check({"contents": [USER], "generationConfig": 5, "tools": [{"googleSearch": {}}, {"functionDeclarations": []}]})
    for fields, param in (
        ({"contents": []}, "contents"),
        ({"tools": [{"functionDeclarations": [{"parameters": 5}]}]}, "tools[0].functionDeclarations[0].parameters"),
        ({"generationConfig": {"responseSchema": {"type": 5}}}, "generationConfig.responseSchema.type"),
    ):
        with pytest.raises(BadRequest) as refused:
            check({"contents": [USER], **fields})
        assert refused.value.param == param
    check_roles(["user", "MODEL", "function"])
    with pytest.raises(BadRequest) as refused:
        check_roles(["user", "king"])
    assert refused.value.param == "contents[1].role"


@given(chats())
def test_what_was_written_is_read_again(chat: Chat) -> None:
    losses = Losses()
    again = read_chat(write_chat(_signed(chat), "gemini-3-flash", losses))
    assert not losses
    assert again == _signed(_plain(chat))


def _signed(chat: Chat) -> Chat:
    """With Google's signature on the first function call of each turn, as the newest models have it."""
    messages = []
    for message in chat.messages:
        first = next((part for part in message.parts if isinstance(part, ToolUse)), None)
        parts = [replace(part, seal=Seal("gemini", "c2ln")) if part is first else part for part in message.parts]
        messages.append(replace(message, parts=tuple(parts)))
    return replace(chat, messages=tuple(messages))


def _plain(chat: Chat) -> Chat:
    """The format has no place for a schema's name."""
    return replace(chat, format=None if chat.format is None else Format(chat.format.schema, strict=True))
