"""Requests of other dialects are written as Google's, and what cannot be said is told.

Sources: https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs/thinking
"""

from __future__ import annotations

import json
from typing import Any

import pytest

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
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini.write_request import write_chat
from tests.dialects.chats import SCHEMA, WEATHER

USER = Message(Role.user, (Text("hi"),))
HI = {"parts": [{"text": "hi"}], "role": "user"}


def write(chat: Chat, model: str = "gemini-3-flash") -> tuple[dict[str, Any], str]:
    losses = Losses()
    return json.loads(write_chat(chat, model, losses)), losses.header()


def test_a_small_request_is_small() -> None:
    assert write(Chat((USER,))) == ({"contents": [HI]}, "")


def test_every_field_has_its_place() -> None:
    chat = Chat(
        (Message(Role.system, (Text("be brief"),)), Message(Role.developer, (Text("be kind"),)), USER),
        tools=(WEATHER,),
        tool_choice="weather",
        format=Format(SCHEMA, name="a"),
        max_output=9,
        temperature=0,
        top_p=0.5,
        top_k=3,
        stop=("a",),
        seed=1,
        n=2,
        presence_penalty=0.5,
        frequency_penalty=-0.5,
        logprobs=2,
        tier="default",
    )
    assert write(chat) == (
        {
            "contents": [HI],
            "systemInstruction": {"parts": [{"text": "be brief"}, {"text": "be kind"}], "role": "user"},
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "weather", "description": "The weather of a city", "parametersJsonSchema": SCHEMA}
                    ]
                }
            ],
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
            "generationConfig": {
                "maxOutputTokens": 9,
                "temperature": 0,
                "topP": 0.5,
                "topK": 3,
                "seed": 1,
                "candidateCount": 2,
                "presencePenalty": 0.5,
                "frequencyPenalty": -0.5,
                "stopSequences": ["a"],
                "responseLogprobs": True,
                "logprobs": 2,
                "responseMimeType": "application/json",
                "responseJsonSchema": SCHEMA,
            },
            "serviceTier": "standard",
        },
        "",
    )


@pytest.mark.parametrize(
    ("chat", "lost"),
    [
        (Chat((USER,), logit_bias={"1": 1}, user="u", metadata={"a": "b"}), "logit_bias, user, metadata"),
        (Chat((USER,), verbosity="low", cache_key="k", tier="scale"), "service_tier, verbosity, prompt_cache_key"),
        (Chat((USER,), tier="auto", parallel_tools=False), ""),
        (
            Chat((Message(Role.user, (Media(MediaKind.file, data="aGk=", name="a.pdf"),)),)),
            "messages.file.name=approximated",
        ),
        (Chat((USER,), tools=(WEATHER,), parallel_tools=False), "parallel_tool_calls"),
        (Chat((USER,), tools=(Tool("f", cache="5m"),)), "cache_control=approximated"),
        (Chat((USER,), stop=("1", "2", "3", "4", "5", "6")), "stop=approximated"),
        (Chat((USER, Message(Role.developer, (Text("x"),)))), "system_message_in_between=approximated"),
        (Chat((Message(Role.user, (Text("x"),), "Ann"),)), "messages.name"),
        (Chat((USER,), unknown=("store",)), "store"),
    ],
)
def test_what_cannot_be_said_is_told(chat: Chat, lost: str) -> None:
    assert write(chat)[1] == lost


SHOWN = {"includeThoughts": True}


@pytest.mark.parametrize(
    ("model", "wanted", "config", "lost"),
    [
        ("gemini-3-flash", Reasoning("minimal"), {"thinkingLevel": "MINIMAL", **SHOWN}, ""),
        ("gemini-3-flash", Reasoning("none"), {"thinkingLevel": "MINIMAL"}, "reasoning_effort=approximated"),
        ("gemini-3-flash", Reasoning("medium"), {"thinkingLevel": "MEDIUM", **SHOWN}, ""),
        ("gemini-3-flash", Reasoning("max"), {"thinkingLevel": "HIGH", **SHOWN}, "reasoning_effort=approximated"),
        ("gemini-3-pro", Reasoning("medium"), {"thinkingLevel": "HIGH", **SHOWN}, "reasoning_effort=approximated"),
        ("gemini-3.1-pro", Reasoning("medium"), {"thinkingLevel": "MEDIUM", **SHOWN}, ""),
        ("gemini-3.1-pro", Reasoning("none"), {"thinkingLevel": "LOW"}, "reasoning_effort=approximated"),
        ("gemini-3-flash", Reasoning(budget=2048), {"thinkingBudget": 2048, **SHOWN}, ""),
        ("gemini-3-flash", Reasoning(summary="auto"), SHOWN, ""),
        ("gemini-2.5-flash", Reasoning("none"), {"thinkingBudget": 0}, ""),
        ("gemini-2.5-flash", Reasoning("low"), {"thinkingBudget": 4096, **SHOWN}, "reasoning_effort=approximated"),
        ("gemini-2.5-flash", Reasoning(budget=2048), {"thinkingBudget": 2048, **SHOWN}, ""),
        ("gemini-2.5-flash", Reasoning(budget=32000), {"thinkingBudget": 24576, **SHOWN},
         "reasoning_budget=approximated"),
        ("gemini-2.5-flash", Reasoning(summary="auto"), SHOWN, ""),
        ("gemini-2.5-pro", Reasoning("none"), {"thinkingBudget": 128}, "reasoning_effort=approximated"),
        ("gemini-2.0-flash", Reasoning("low"), None, "reasoning_effort"),
        ("gemini-2.0-flash", Reasoning(budget=9), None, "reasoning_budget"),
        ("gemini-2.0-flash", Reasoning("none"), None, ""),
    ],
)  # fmt: skip
def test_models_are_told_how_much_to_think_in_their_own_way(
    model: str, wanted: Reasoning, config: dict[str, Any] | None, lost: str
) -> None:
    written, losses = write(Chat((USER,), reasoning=wanted), model)
    assert (written.get("generationConfig", {}).get("thinkingConfig"), losses) == (config, lost)


def test_older_models_are_told_in_words_what_to_answer_while_they_have_tools() -> None:
    chat = Chat((USER,), tools=(WEATHER,), format=Format(SCHEMA))
    old, lost = write(chat, "gemini-2.5-flash")
    assert "generationConfig" not in old
    assert "JSON schema" in old["systemInstruction"]["parts"][0]["text"]
    assert lost == "response_format=approximated"
    alone, lost = write(Chat((USER,), format=Format()), "gemini-2.5-flash")
    assert (alone["generationConfig"], lost) == ({"responseMimeType": "application/json"}, "")
    told, _ = write(Chat((USER,), tools=(WEATHER,), format=Format()), "gemini-2.5-flash")
    assert "JSON object" in told["systemInstruction"]["parts"][0]["text"]


@pytest.mark.parametrize(
    ("choice", "strict", "mode"),
    [
        (Choosing.auto, None, "AUTO"),
        (Choosing.required, True, "ANY"),
        (Choosing.none, True, "NONE"),
        (Choosing.auto, True, "VALIDATED"),
        (None, True, "VALIDATED"),
    ],
)
def test_choices(choice: Choosing | None, strict: bool | None, mode: str) -> None:
    written, lost = write(Chat((USER,), tools=(Tool("f", strict=strict),), tool_choice=choice))
    assert (written["toolConfig"], lost) == ({"functionCallingConfig": {"mode": mode}}, "")
    assert "toolConfig" not in write(Chat((USER,), tools=(Tool("f"),)))[0]


def test_results_stay_in_a_turn_of_their_own() -> None:
    uses = (ToolUse("a", "f", "{}", Seal("gemini", "c2ln")), ToolUse("b", "g", "{}"))
    results = [Message(Role.tool, (ToolResult(id, (Text(id),)),)) for id in ("a", "b")]
    written, lost = write(Chat((USER, Message(Role.assistant, uses), *results, USER, USER)))
    assert [(turn["role"], len(turn["parts"])) for turn in written["contents"]] == [
        ("user", 1),
        ("model", 2),
        ("user", 2),
        ("user", 1),
        ("user", 1),
    ]
    names = [part["functionResponse"]["name"] for part in written["contents"][2]["parts"]]
    assert (names, lost) == (["f", "g"], "")
