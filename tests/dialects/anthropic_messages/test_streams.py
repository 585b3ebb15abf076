"""Events of Messages become the middle's and back, however the bytes are cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.anthropic_messages.blocks import NAME, REDACTED
from aigne_hub.dialects.anthropic_messages.streams import Reader, Writer
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    Seal,
    Started,
    TextPiece,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Used,
)
from aigne_hub.dialects.usage import Usage

EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def started(index: int, **block: Any) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def delta(index: int, **said: Any) -> bytes:
    return event("content_block_delta", index=index, delta=said)


STREAM = b"".join(
    [
        event("message_start", message={"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
              "content": [], "usage": {"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 4}}),
        event("ping"),
        started(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="hm"),
        delta(0, type="signature_delta", signature="sig"),
        event("content_block_stop", index=0),
        started(1, type="redacted_thinking", data="blob"),
        event("content_block_stop", index=1),
        started(2, type="text", text=""),
        delta(2, type="text_delta", text="Hel"),
        delta(2, type="text_delta", text="lo"),
        event("content_block_stop", index=2),
        started(3, type="tool_use", id="t1", name="f", input={}),
        delta(3, type="input_json_delta", partial_json='{"a":'),
        delta(3, type="input_json_delta", partial_json="1}"),
        event("content_block_stop", index=3),
        event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage={"output_tokens": 7}),
        event("message_stop"),
    ]
)  # fmt: skip
EVENTS: list[Event] = [
    Started("msg_1", "claude-x"),
    Used(Usage(9, 1, 4)),
    ThinkingPiece("hm"),
    ThinkingSealed(Seal(NAME, "sig")),
    ThinkingSealed(Seal(NAME, "blob", REDACTED)),
    TextPiece("Hel"),
    TextPiece("lo"),
    ToolStarted(0, "t1", "f"),
    ArgumentsPiece(0, '{"a":'),
    ArgumentsPiece(0, "1}"),
    Ended(Finish.tools),
    Used(Usage(9, 7, 4)),
]


@pytest.mark.parametrize("cut", range(1, len(STREAM), 11))
def test_a_stream_is_read_however_it_is_cut(cut: int) -> None:
    reader = Reader()
    assert reader.feed(STREAM[:cut]) + reader.feed(STREAM[cut:]) + reader.finish() == EVENTS


def test_a_stream_byte_by_byte() -> None:
    reader = Reader()
    assert [one for at in range(len(STREAM)) for one in reader.feed(STREAM[at : at + 1])] == EVENTS


def test_an_error_within_the_stream_ends_it() -> None:
    reader = Reader()
    said = event("error", error={"type": "overloaded_error", "message": "busy"})
    assert reader.feed(said + delta(0, type="text_delta", text="late")) == []
    assert reader.error is not None
    assert "busy" in reader.error.message


def test_a_stream_that_is_cut_short_or_is_none() -> None:
    reader = Reader()
    reader.feed(STREAM[: len(STREAM) // 2])
    with pytest.raises(UpstreamFailed, match="before its end"):
        reader.finish()
    with pytest.raises(UpstreamFailed, match="not one of Messages"):
        Reader().feed(b"data: [DONE]\n\n")


def write(events: list[Event]) -> list[dict[str, Any]]:
    writer = Writer(id="i", model="m")
    written = (writer.write(events) + writer.finish()).decode()
    found = []
    for one in written.removesuffix("\n\n").split("\n\n"):
        name, data = one.split("\n")
        read = json.loads(data.removeprefix("data: "))
        assert name == f"event: {read['type']}"
        EVENT.validate_python(read)
        found.append(read)
    return found


def test_what_is_written_is_read_again_and_is_anthropic_s() -> None:
    written = write(EVENTS)
    reader = Reader()
    read = [one for event in written for one in reader.feed(b"data: " + json.dumps(event).encode() + b"\n\n")]
    assert read == EVENTS
    assert reader.finish() == []


def test_blocks_open_and_close_in_turn() -> None:
    written = write(EVENTS)
    opened = [event["index"] for event in written if event["type"] == "content_block_start"]
    closed = [event["index"] for event in written if event["type"] == "content_block_stop"]
    assert opened == closed == [0, 1, 2, 3]
    assert written[-2]["usage"]["output_tokens"] == 7


def test_a_foreign_seal_and_a_second_candidate() -> None:
    events: list[Event] = [
        TextPiece("x"),
        TextPiece("other", choice=1),
        ToolStarted(0, "t1", "f", Seal("gemini", "ts")),
        ToolStarted(1, "t2", "g"),
        ArgumentsPiece(0, "{}"),
        Cited(Citation(url="https://x.example")),
        Ended(Finish.stop_sequence, "END"),
    ]
    written = write(events)
    blocks = [event["content_block"] for event in written if event["type"] == "content_block_start"]
    assert [block["type"] for block in blocks] == ["text", "redacted_thinking", "tool_use", "tool_use", "text"]
    late = next(event for event in written if event.get("delta", {}).get("partial_json"))
    assert late["index"] == 2  # the first tool's block, although the second had begun
    assert written[-2]["delta"] == {"stop_reason": "stop_sequence", "stop_sequence": "END"}
    assert "other" not in json.dumps(written)


def test_an_answer_of_nothing_is_whole() -> None:
    assert [event["type"] for event in write([])] == ["message_start", "message_delta", "message_stop"]
