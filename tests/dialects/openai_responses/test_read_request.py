"""Requests of Responses become chats, and what leans on a provider's store is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import Chat, Choosing, Format, Message, Reasoning, Role, Text, Tool
from aigne_hub.dialects.openai_responses.read_request import check_items, read_chat
from tests.dialects.chats import SCHEMA

HI = (Message(Role.user, (Text("hi"),)),)
OUTPUT = {"type": "function_call_output", "call_id": "c9", "output": "x"}


def read(**fields: Any) -> Chat:
    return read_chat(json.dumps({"model": "m", "input": "hi", **fields}).encode())


def test_a_string_is_a_user_s_message() -> None:
    assert read() == Chat(HI)
    assert read(stream=True, stream_options={"include_obfuscation": False}, store=True) == Chat(HI)


def test_instructions_are_a_system_message_before_the_others() -> None:
    system = Message(Role.system, (Text("be brief"),))
    assert read(instructions="be brief").messages == (system, *HI)


def test_every_field_has_its_place() -> None:
    chat = read(
        tools=[{"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True}],
        tool_choice={"type": "function", "name": "f"},
        parallel_tool_calls=False,
        text={"format": {"type": "json_schema", "name": "a", "schema": SCHEMA, "strict": True}, "verbosity": "low"},
        reasoning={"effort": "high", "summary": "auto"},
        max_output_tokens=50,
        temperature=0.5,
        top_p=0.9,
        top_logprobs=3,
        include=["message.output_text.logprobs", "reasoning.encrypted_content"],
        safety_identifier="u1",
        metadata={"a": "b"},
        service_tier="flex",
        prompt_cache_key="k",
        truncation="disabled",
    )
    assert chat == Chat(
        HI,
        tools=(Tool("f", "d", SCHEMA, True),),
        tool_choice="f",
        parallel_tools=False,
        format=Format(SCHEMA, "a", strict=True),
        reasoning=Reasoning(effort="high", summary="auto"),
        max_output=50,
        temperature=0.5,
        top_p=0.9,
        logprobs=3,
        user="u1",
        metadata={"a": "b"},
        tier="flex",
        verbosity="low",
        cache_key="k",
    )


@pytest.mark.parametrize(
    ("fields", "unknown"),
    [
        ({"tools": [{"type": "web_search"}, {"type": "custom", "name": "x"}]}, ("tools.web_search", "tools.custom")),
        ({"tool_choice": {"type": "web_search"}}, ("tool_choice.web_search",)),
        ({"include": ["web_search_call.action.sources"]}, ("include.web_search_call.action.sources",)),
        ({"truncation": "auto"}, ("truncation",)),
        ({"reasoning": {"context": "auto"}}, ("reasoning.context",)),
        ({"text": {"tone": "mild"}}, ("text.tone",)),
        ({"max_tool_calls": 3}, ("max_tool_calls",)),
        ({"input": [{"role": "user", "content": "hi"}, {"id": "msg_1"}]}, ("input.item_reference",)),
    ],
)
def test_what_has_no_place_is_named(fields: dict[str, Any], unknown: tuple[str, ...]) -> None:
    assert read(**fields) == Chat(HI, unknown=unknown)


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ("required", Choosing.required),
        ({"type": "allowed_tools", "mode": "required", "tools": []}, Choosing.required),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, Choosing.auto),
        (None, None),
    ],
)
def test_choices_of_tools(said: Any, read_as: Choosing | None) -> None:
    assert read(tool_choice=said).tool_choice == read_as


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": {"format": {"type": "text"}}}, Chat(HI)),
        ({"text": {"format": {"type": "json_object"}}}, Chat(HI, format=Format())),
        ({"reasoning": {"generate_summary": "concise"}}, Chat(HI, reasoning=Reasoning(summary="concise"))),
        ({"reasoning": {}}, Chat(HI)),
        ({"user": "u"}, Chat(HI, user="u")),
        ({"include": ["message.output_text.logprobs"]}, Chat(HI, logprobs=0)),
    ],
)
def test_smaller_things(fields: dict[str, Any], expected: Chat) -> None:
    assert read(**fields) == expected


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": [{"id": "msg_1"}]}, "input"),
        ({"input": 5}, "input"),
        ({"input": [OUTPUT]}, "input[0].call_id"),
        ({"input": [{"id": "fc_1"}, OUTPUT]}, "input[1].call_id"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
        ({"temperature": 3}, "temperature"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"tool_choice": "perhaps"}, "tool_choice"),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "name": "a"}}}, "text.format.schema"),
        ({"reasoning": {"effort": "heroic"}}, "reasoning.effort"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(fields: dict[str, Any], place: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(**fields)
    assert refused.value.param == place


def test_what_leans_on_a_store_is_told_the_way_out() -> None:
    with pytest.raises(BadRequest, match="send the items themselves"):
        read(previous_response_id="resp_1")


def check(**fields: Any) -> None:
    check_items(json.dumps({"model": "m", **fields}).encode())


def test_a_request_that_goes_on_as_it_is_may_lean_on_the_provider_s_store() -> None:
    check(input=[OUTPUT], previous_response_id="resp_1")
    check(input=[OUTPUT], conversation={"id": "conv_1"})
    check(input=[{"type": "item_reference", "id": "fc_1"}, OUTPUT])
    check(input=[{"id": "fc_1"}, OUTPUT])
    check(input="words")
    check(input=[{"role": "user", "content": [{"type": "new"}]}, {"type": "new"}], background=True)
    with pytest.raises(BadRequest):
        check(input=[OUTPUT])
