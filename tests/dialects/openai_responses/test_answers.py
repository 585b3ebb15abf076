"""Whole answers of Responses become the middle's and back; OpenAI's own client judges what is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseReasoningItem,
)
from openai.types.responses.response_output_item import ImageGenerationCall

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Citation,
    Finish,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolUse,
)
from aigne_hub.dialects.openai_responses.answers import (
    echo,
    read_answer,
    read_usage,
    read_wire_usage,
    write_answer,
    write_reason,
    write_usage,
)
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL, SCHEMA

USAGE: dict[str, Any] = {
    "input_tokens": 20,
    "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 2},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 29,
}
READ_USAGE = Usage(input=10, output=5, cache_read=8, reasoning=4, cache_write_5m=2)
TOKEN = {"token": "Hi", "bytes": [72, 105], "logprob": -0.5, "top_logprobs": []}
OUTPUT: list[dict[str, Any]] = [
    {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "blob",
    },
    {"id": "ws_1", "type": "web_search_call", "status": "completed", "name": {"odd": 1}},
    {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [
            {
                "type": "output_text",
                "text": "Hi",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url": "https://x.example",
                        "title": "X",
                        "start_index": 0,
                        "end_index": 2,
                    },
                    {"type": "file_path", "file_id": "f", "index": 0},
                ],
                "logprobs": [TOKEN],
            },
            {"type": "hologram"},
        ],
    },
    {
        "id": "fc_1",
        "type": "function_call",
        "status": "completed",
        "call_id": "c1",
        "name": "f",
        "arguments": '{"a":1}',
    },
]
WIRE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1760000000,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "model": "gpt-x",
    "output": OUTPUT,
    "parallel_tool_calls": True,
    "service_tier": "default",
    "tool_choice": "auto",
    "tools": [],
    "usage": USAGE,
    "unheard_of": True,
}
THOUGHT = Thinking("hm", Seal("openai_responses", "blob", "rs_1"))
CITED = Text("Hi", citations=(Citation("https://x.example", "X", start=0, end=2),))
USE = ToolUse("c1", "f", '{"a":1}')


def read(**fields: Any) -> Answer:
    return read_answer(json.dumps({**WIRE, **fields}).encode())


def show(*parts: Part, finish: Finish = Finish.stop, usage: Usage | None = None, **request: Any) -> dict[str, Any]:
    """The answer as a client gets it, once OpenAI's own types have taken it."""
    answer = Answer(None, None, (Candidate(parts, finish),), usage)
    shown = write_answer(answer, echo(request), id="resp_7", model="p/m", created_s=9)
    Response.model_validate_json(json.dumps(shown))
    return shown


def test_an_answer_is_read() -> None:
    answer = read()
    assert answer == Answer(
        "resp_1",
        "gpt-x",
        (Candidate((THOUGHT, CITED, USE), Finish.tools, logprobs={"content": [TOKEN], "refusal": None}),),
        Usage(input=10, output=5, cache_read=8, reasoning=4, cache_write_5m=2, tier="default"),
        1760000000,
        "default",
        ("web_search_call", "hologram", "file_path"),
    )
    assert read_wire_usage(json.dumps(WIRE).encode()) == answer.usage


@pytest.mark.parametrize(
    ("fields", "finish"),
    [
        ({"output": OUTPUT[:3]}, Finish.stop),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, Finish.length),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, Finish.filter),
        ({"status": "incomplete"}, Finish.pause),
    ],
)
def test_why_it_ended(fields: dict[str, Any], finish: Finish) -> None:
    assert read(**fields).candidates[0].finish is finish


def test_refusals_and_pictures_are_read() -> None:
    output = [
        {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PIXEL},
        {"type": "image_generation_call", "id": "ig_2", "status": "failed", "result": None},
        {"type": "reasoning", "id": "rs_1", "summary": []},
    ]
    assert read(output=output).candidates[0] == Candidate((Refusal("no"), PICTURE), Finish.stop)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"object":"list"}', b"<html>", b'{"object":"response","output":5}'])
def test_what_is_no_response_is_said_to_be_none(body: bytes) -> None:
    for reading in (read_answer, read_wire_usage):
        with pytest.raises(UpstreamFailed) as failed:
            reading(body)
        assert failed.value.kind is Failure.malformed
    with pytest.raises(UpstreamFailed, match="not a response"):
        read(output=[{"type": "message", "content": 5}])


def test_a_response_that_failed_is_a_failure() -> None:
    failed = {**WIRE, "status": "failed", "error": {"code": "server_error", "message": "the GPU is on fire"}}
    for reading in (read_answer, read_wire_usage):
        with pytest.raises(UpstreamFailed, match="the GPU is on fire"):
            reading(json.dumps(failed).encode())


def test_usage_is_disjoint_within_and_total_outside() -> None:
    assert write_usage(READ_USAGE) == USAGE
    assert read_usage(None) is None
    known = Usage(input=1, output=2, cache_write_1h=3, audio_input=4, audio_output=5)
    assert (write_usage(known)["input_tokens"], write_usage(known)["output_tokens"]) == (8, 7)


def test_a_plain_answer_is_written() -> None:
    assert show(Text("Hello"), usage=Usage(input=3, output=1)) == {
        "id": "resp_7",
        "object": "response",
        "created_at": 9,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": "p/m",
        "output": [
            {
                "id": "msg_7_0",
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}],
            }
        ],
        "store": False,
        "usage": {
            "input_tokens": 3,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 4,
        },
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "user": None,
    }


def test_thoughts_and_tools_are_items_of_their_own() -> None:
    foreign = Thinking("hm", Seal("anthropic_messages", "sig"))
    use = ToolUse("c1", "f", '{"a":1}', Seal("gemini", "g"))
    shown = show(THOUGHT, foreign, Text("a"), Refusal("no"), use, PICTURE, finish=Finish.tools)
    output = Response.model_validate(shown).output
    assert [item.id for item in output] == ["rs_1", "rs_7_1", "msg_7_2", "rs_7_3", "fc_7_4", "ig_7_5"]
    own, wrapped, message, sealed, call, picture = output
    assert isinstance(own, ResponseReasoningItem)
    assert (own.encrypted_content, own.summary[0].text) == ("blob", "hm")
    assert isinstance(wrapped, ResponseReasoningItem)
    assert wrapped.encrypted_content == "hub:anthropic_messages::sig"
    assert isinstance(message, ResponseOutputMessage)
    assert isinstance(message.content[1], ResponseOutputRefusal)
    assert isinstance(sealed, ResponseReasoningItem)
    assert sealed.encrypted_content == "hub:gemini:tool=c1:g"
    assert isinstance(call, ResponseFunctionToolCall)
    assert (call.call_id, call.name, call.arguments, call.status) == ("c1", "f", '{"a":1}', "completed")
    assert isinstance(picture, ImageGenerationCall)
    assert picture.result == PIXEL


def test_what_the_request_said_is_said_again() -> None:
    tool = {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True}
    shown = show(Text("x"), tools=[tool], tool_choice={"type": "function", "name": "f"}, instructions="be brief",
                 temperature=0, text={"verbosity": "low"}, input="hi", metadata={"a": "b"})  # fmt: skip
    assert (shown["tools"], shown["tool_choice"]) == ([tool], {"type": "function", "name": "f"})
    assert (shown["instructions"], shown["temperature"], shown["metadata"]) == ("be brief", 0, {"a": "b"})
    assert shown["text"] == {"verbosity": "low", "format": {"type": "text"}}
    assert "input" not in shown
    form = {"format": {"type": "json_object"}}
    assert show(Text("x"), text=form)["text"] == form


@pytest.mark.parametrize(
    ("finish", "reason"),
    [(Finish.length, "max_output_tokens"), (Finish.filter, "content_filter"), (Finish.refusal, "content_filter")],
)
def test_an_answer_that_was_cut_short_is_incomplete(finish: Finish, reason: str) -> None:
    shown = show(Text("x"), finish=finish)
    assert (shown["status"], shown["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert shown["output"][0]["status"] == "incomplete"


def test_a_refusal_in_words_is_complete() -> None:
    assert show(Refusal("no"), finish=Finish.refusal)["status"] == "completed"
    assert write_reason(None, has_refused=False) is None
    assert write_reason(Finish.stop_sequence, has_refused=False) is None


def test_logprobs_of_chat_completions_have_all_that_is_demanded() -> None:
    other = {"token": "x", "logprob": -1, "bytes": None}
    said = {"content": [{"token": "é", "logprob": -0.1, "bytes": None, "top_logprobs": [other]}]}
    answer = Answer("i", "m", (Candidate((Text("é"),), logprobs=said),), tier="flex")
    shown = write_answer(answer, echo({}), id="resp_7", model="p/m", created_s=9)
    Response.model_validate(shown)
    token = shown["output"][0]["content"][0]["logprobs"][0]
    assert (token["bytes"], token["top_logprobs"][0]["bytes"]) == ([195, 169], [120])
    assert (shown["id"], shown["service_tier"], shown["usage"]) == ("i", "flex", None)


def test_an_answer_without_words_is_one() -> None:
    assert show()["output"] == []
    assert write_answer(Answer(None, None, ()), echo({}), id="resp_7", model="m", created_s=9)["output"] == []


def test_what_is_written_is_read_as_the_same() -> None:
    shown = show(THOUGHT, CITED, USE, PICTURE, finish=Finish.tools, usage=READ_USAGE)
    assert read_answer(json.dumps(shown).encode()) == Answer(
        "resp_7", "p/m", (Candidate((THOUGHT, CITED, USE, PICTURE), Finish.tools),), READ_USAGE, 9
    )
