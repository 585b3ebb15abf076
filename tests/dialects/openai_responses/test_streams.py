"""Events of Responses become the middle's, however the bytes are cut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    MediaMade,
    RefusalPiece,
    Seal,
    Started,
    TextPiece,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Unknown,
    Used,
)
from aigne_hub.dialects.openai_responses.streams import Reader
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL
from tests.dialects.openai_responses.test_answers import USAGE, WIRE

NAME = "openai_responses"


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def added(item: dict[str, Any], at: int = 0) -> bytes:
    return event("response.output_item.added", output_index=at, item=item)


def done(item: dict[str, Any], at: int = 0) -> bytes:
    return event("response.output_item.done", output_index=at, item=item)


def delta(kind: str, said: str, id: str, **place: Any) -> bytes:
    return event(f"response.{kind}.delta", item_id=id, delta=said, **place)


def completed(**fields: Any) -> bytes:
    return event("response.completed", response={**WIRE, "output": [], **fields})


CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": ""}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "part"}
MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}
CITATION = {"type": "url_citation", "url": "https://x.example", "title": "X", "start_index": 0, "end_index": 2}
BEGUN = event(
    "response.created", response={**WIRE, "status": "in_progress", "output": [], "usage": None}, sequence_number=0
)
STREAM = b"".join(
    [
        BEGUN,
        event("response.in_progress", response={**WIRE, "status": "in_progress", "output": [], "usage": None}),
        added(REASONING),
        event("response.reasoning_summary_part.added", item_id="rs_1", summary_index=0),
        delta("reasoning_summary_text", "hm", "rs_1", summary_index=0),
        event("response.reasoning_summary_text.done", item_id="rs_1", summary_index=0, text="hm"),
        event("response.reasoning_summary_part.added", item_id="rs_1", summary_index=1),
        delta("reasoning_summary_text", "aha", "rs_1", summary_index=1),
        done({**REASONING, "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "whole"}),
        added({"type": "web_search_call", "id": "ws_1", "status": "in_progress"}, 1),
        event("response.web_search_call.searching", item_id="ws_1", output_index=1),
        added(MESSAGE, 2),
        event("response.content_part.added", item_id="msg_1", part={"type": "output_text", "text": ""}),
        delta("output_text", "Hel", "msg_1", content_index=0, logprobs=[]),
        delta("output_text", "lo", "msg_1", content_index=0, logprobs=[]),
        event("response.output_text.annotation.added", item_id="msg_1", annotation=CITATION),
        event("response.output_text.done", item_id="msg_1", text="Hello"),
        done({**MESSAGE, "content": [{"type": "output_text", "text": "Hello", "annotations": []}]}, 2),
        added(CALL, 3),
        delta("function_call_arguments", '{"a":', "fc_1"),
        delta("function_call_arguments", "1}", "fc_1"),
        event("response.function_call_arguments.done", item_id="fc_1", arguments='{"a":1}'),
        done({**CALL, "arguments": '{"a":1}'}, 3),
        completed(),
    ]
)
EVENTS: list[Event] = [
    Started("resp_1", "gpt-x"),
    ThinkingPiece("hm"),
    ThinkingPiece("\n\n"),
    ThinkingPiece("aha"),
    ThinkingSealed(Seal(NAME, "whole", "rs_1")),
    TextPiece("Hel"),
    TextPiece("lo"),
    Cited(Citation("https://x.example", "X", start=0, end=2)),
    ToolStarted(0, "c1", "f"),
    ArgumentsPiece(0, '{"a":'),
    ArgumentsPiece(0, "1}"),
    Used(Usage(input=10, output=5, cache_read=8, reasoning=4, cache_write_5m=2, tier="default")),
    Ended(Finish.tools),
]


def read(stream: bytes) -> list[Event]:
    reader = Reader()
    events = reader.feed(stream) + reader.finish()
    assert reader.error is None
    return events


def test_a_stream_is_read() -> None:
    assert read(STREAM) == EVENTS


def test_a_stream_is_read_wherever_it_is_cut() -> None:
    for at in range(len(STREAM)):
        reader = Reader()
        assert reader.feed(STREAM[:at]) + reader.feed(STREAM[at:]) + reader.finish() == EVENTS
    reader = Reader()
    events = [event for at in range(len(STREAM)) for event in reader.feed(STREAM[at : at + 1])]
    assert events + reader.finish() == EVENTS


def test_what_does_not_come_in_pieces_comes_with_its_item() -> None:
    cites = {"annotations": [CITATION, {"type": "file_citation", "file_id": "f"}]}
    said = [{"type": "output_text", "text": "Hi", **cites}, {"type": "refusal", "refusal": "no"}]
    stream = [
        BEGUN,
        done({**REASONING, "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": None}),
        done({**MESSAGE, "content": said}),
        done({"type": "web_search_call", "id": "ws_1", "status": "completed"}, 2),
        added(CALL),
        done({**CALL, "arguments": "{}"}),
        done({**CALL, "id": "fc_2", "call_id": "c2", "arguments": "{}"}),
        done({"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PIXEL}),
        completed(usage=None),
    ]
    assert read(b"".join(stream))[1:] == [
        ThinkingPiece("hm"),
        Unknown("file_citation"),
        TextPiece("Hi"),
        Cited(Citation("https://x.example", "X", start=0, end=2)),
        RefusalPiece("no"),
        Unknown("web_search_call"),
        ToolStarted(0, "c1", "f"),
        ArgumentsPiece(0, "{}"),
        ToolStarted(1, "c2", "f"),
        ArgumentsPiece(1, "{}"),
        MediaMade(PICTURE),
        Ended(Finish.tools),
    ]


def test_calls_in_turns_keep_their_arguments() -> None:
    stream = [
        added(CALL),
        added({**CALL, "id": "fc_2", "call_id": "c2"}, 1),
        delta("function_call_arguments", "A", "fc_1"),
        delta("function_call_arguments", "B", "fc_2"),
        delta("function_call_arguments", "C", "nobody's"),
        completed(usage=None),
    ]
    assert read(b"".join(stream)) == [
        Started(),
        ToolStarted(0, "c1", "f"),
        ToolStarted(1, "c2", "f"),
        ArgumentsPiece(0, "A"),
        ArgumentsPiece(1, "B"),
        Ended(Finish.tools),
    ]


def test_thoughts_in_full_and_refusals_are_read() -> None:
    stream = delta("reasoning_text", "hm", "rs_1") + delta("refusal", "no", "msg_1") + completed(usage=None)
    assert read(stream)[1:3] == [ThinkingPiece("hm"), RefusalPiece("no")]


@pytest.mark.parametrize(
    ("reason", "finish"), [("max_output_tokens", Finish.length), ("content_filter", Finish.filter)]
)
def test_an_answer_that_was_cut_short(reason: str, finish: Finish) -> None:
    end = {**WIRE, "status": "incomplete", "incomplete_details": {"reason": reason}, "output": []}
    assert read(event("response.incomplete", response=end))[-1] == Ended(finish)
    assert read(event("response.completed"))[-1] == Ended(Finish.stop)


def test_servers_that_say_little_are_understood() -> None:
    """llama.cpp leaves indexes and numbers out, and others end with Chat Completions' word."""
    stream = (
        event("response.created", response={"id": "resp_1", "object": "response", "status": "in_progress"})
        + delta("output_text", "Hi", "msg_1")
        + event("response.completed", response={"object": "response", "status": "completed", "usage": USAGE})
        + b"data: [DONE]\n\n"
    )
    assert read(stream)[:2] == [Started("resp_1"), TextPiece("Hi")]
    assert read(b"data: [DONE]\n\n" + stream) == read(stream)


@pytest.mark.parametrize(
    "said",
    [
        event("error", code="server_error", message="busy", param=None, sequence_number=3),
        event("error", error={"message": "busy"}),
        event("response.failed", response={**WIRE, "status": "failed", "error": {"code": "x", "message": "busy"}}),
    ],
)
def test_an_error_ends_the_stream(said: bytes) -> None:
    reader = Reader()
    assert reader.feed(BEGUN + said + STREAM) == [Started("resp_1", "gpt-x")]
    assert reader.error is not None
    assert "busy" in reader.error.message


def test_a_failure_without_words_is_one() -> None:
    reader = Reader()
    reader.feed(event("response.failed"))
    assert reader.error is not None


def test_a_stream_that_is_cut_short_is_broken() -> None:
    reader = Reader()
    reader.feed(STREAM[:-3])
    with pytest.raises(UpstreamFailed, match="before its end"):
        reader.finish()


@pytest.mark.parametrize("said", [b"data: no\n\n", b"data: {}\n\n", event("x", item={"no": 1})])
def test_what_is_no_event_is_said_to_be_none(said: bytes) -> None:
    with pytest.raises(UpstreamFailed, match="not one of Responses"):
        Reader().feed(said)
