"""Answers of Converse are read as AWS's own client reads them, whole and framed."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.bedrock_converse.answers import Reader, read_answer
from aigne_hub.dialects.bedrock_converse.frames import frame_of
from aigne_hub.dialects.bedrock_converse.write_request import NAME, REDACTED
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Candidate,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    Seal,
    Started,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    ToolUse,
    Used,
)
from aigne_hub.dialects.usage import Usage

SERVICE = botocore.session.get_session().get_service_model("bedrock-runtime")
USAGE = {"inputTokens": 9, "outputTokens": 7, "totalTokens": 16, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 5}


def answer(*blocks: dict[str, Any], stop: str = "end_turn", **fields: Any) -> bytes:
    message = {"role": "assistant", "content": list(blocks)}
    whole = {"output": {"message": message}, "stopReason": stop, "usage": USAGE, "metrics": {"latencyMs": 5}, **fields}
    return json.dumps(whole).encode()


def test_words_thoughts_and_tools_are_read_as_aws_s_client_does() -> None:
    body = answer(
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
        {"reasoningContent": {"redactedContent": "YmxvYg=="}},
        {"text": "hi"},
        {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
        {"newThing": {}},
        stop="tool_use",
        serviceTier={"type": "flex"},
    )
    read = read_answer(body, "m")
    assert read.candidates[0] == Candidate(
        (
            Thinking("hm", Seal(NAME, "sig")),
            Thinking("", Seal(NAME, "YmxvYg==", REDACTED)),
            Text("hi"),
            ToolUse("t1", "f", '{"a":1}'),
        ),
        Finish.tools,
    )
    assert read.usage == Usage(9, 7, 4, cache_write_5m=5, tier="flex")
    parser = create_parser("rest-json")
    seen = parser.parse(
        {"status_code": 200, "headers": {}, "body": body}, SERVICE.operation_model("Converse").output_shape
    )
    assert seen["output"]["message"]["content"][2]["text"] == "hi"
    assert seen["usage"]["inputTokens"] == 9


def test_a_text_that_cites_is_read_with_its_sources() -> None:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CitationsContentBlock.html"""
    source = {"title": "The bay", "sourceContent": [{"text": "It is teal."}]}
    web = {**source, "location": {"web": {"url": "https://example.com/bay", "domain": "example.com"}}}
    whole = answer({"citationsContent": {"content": [{"text": "Te"}, {"text": "al."}], "citations": [source, web]}})
    found = (
        Citation(title="The bay", quote="It is teal."),
        Citation("https://example.com/bay", "The bay", "It is teal."),
    )
    assert read_answer(whole).candidates[0].parts == (Text("Teal.", citations=found),)
    piece = delta(0, citation=web)
    assert Reader().feed(piece)[1:] == [Cited(found[1])]


def test_what_the_cache_took_is_told_apart_when_it_is_said() -> None:
    details = [{"ttl": "1h", "inputTokens": 3}, {"ttl": "5m", "inputTokens": 2}]
    usage = read_answer(answer({"text": "x"}, usage={**USAGE, "cacheDetails": details})).usage
    assert usage is not None
    assert (usage.cache_write_5m, usage.cache_write_1h) == (2, 3)


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("end_turn", Finish.stop),
        ("max_tokens", Finish.length),
        ("guardrail_intervened", Finish.filter),
        ("content_filtered", Finish.filter),
        ("malformed_model_output", Finish.filter),
        ("malformed_tool_use", Finish.filter),
        ("stop_sequence", Finish.stop_sequence),
        ("odd", Finish.stop),
    ],
)
def test_why_it_ended(said: str, finish: Finish) -> None:
    assert read_answer(answer({"text": "x"}, stop=said)).candidates[0].finish is finish


@pytest.mark.parametrize("body", [b"", b"[]", b'{"output":{}}', b"<html>"])
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamFailed, match="not one of Converse"):
        read_answer(body)


def event(kind: str, **fields: Any) -> bytes:
    headers = {":message-type": "event", ":event-type": kind, ":content-type": "application/json"}
    return frame_of(headers, json.dumps(fields).encode())


def delta(index: int, **said: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=said)


STREAM = b"".join(
    [
        event("messageStart", role="assistant"),
        delta(0, reasoningContent={"text": "hm"}),
        delta(0, reasoningContent={"signature": "sig"}),
        delta(1, reasoningContent={"redactedContent": "YmxvYg=="}),
        delta(2, text="Hel"),
        delta(2, text="lo"),
        event("contentBlockStop", contentBlockIndex=2),
        event("contentBlockStart", contentBlockIndex=3, start={"toolUse": {"toolUseId": "t1", "name": "f"}}),
        delta(3, toolUse={"input": '{"a":'}),
        delta(3, toolUse={"input": "1}"}),
        event("messageStop", stopReason="tool_use"),
        event("metadata", usage=USAGE, metrics={"latencyMs": 5}),
    ]
)
EVENTS: list[Event] = [
    Started(),
    ThinkingPiece("hm"),
    ThinkingSealed(Seal(NAME, "sig")),
    ThinkingSealed(Seal(NAME, "YmxvYg==", REDACTED)),
    TextPiece("Hel"),
    TextPiece("lo"),
    ToolStarted(0, "t1", "f"),
    ArgumentsPiece(0, '{"a":'),
    ArgumentsPiece(0, "1}"),
    Ended(Finish.tools),
    Used(Usage(9, 7, 4, cache_write_5m=5)),
]


def test_a_stream_byte_by_byte() -> None:
    reader = Reader()
    assert [one for at in range(len(STREAM)) for one in reader.feed(STREAM[at : at + 1])] == EVENTS
    assert reader.finish() == []


@pytest.mark.parametrize(
    ("name", "status"), [("throttlingException", 429), ("modelStreamErrorException", 502), ("validationException", 502)]
)
def test_an_exception_within_the_stream_ends_it(name: str, status: int) -> None:
    reader = Reader()
    headers = {":message-type": "exception", ":exception-type": name}
    reader.feed(frame_of(headers, b'{"message":"too busy"}') + delta(0, text="late"))
    assert reader.error is not None
    assert "too busy" in reader.error.message
    assert reader.error.status == status


def test_a_stream_that_is_cut_short_or_is_none() -> None:
    reader = Reader()
    reader.feed(STREAM[:300])
    with pytest.raises(UpstreamFailed, match="before its end"):
        reader.finish()
    with pytest.raises(UpstreamFailed, match="not one of Converse"):
        Reader().feed(frame_of({":message-type": "event"}, b"<html>"))
