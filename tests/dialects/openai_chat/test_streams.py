"""Chunks become events and events chunks, however the bytes are cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    RefusalPiece,
    Seal,
    Started,
    TextPiece,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Used,
)
from aigne_hub.dialects.openai_chat.streams import Reader, Writer
from aigne_hub.dialects.usage import Usage


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + json.dumps({"id": "x", "model": "m", "choices": choices, **fields}).encode() + b"\n\n"


def use(index: int | None, id: str | None = None, name: str | None = None, arguments: str = "") -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return {"function": function} | ({} if index is None else {"index": index}) | ({"id": id} if id else {})


STREAM = b"".join(
    [
        b": keep-alive\n\n",
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "hm"}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo"}),
        chunk({"tool_calls": [use(0, "c1", "f")]}),
        chunk({"tool_calls": [use(0, arguments='{"a"')]}),
        chunk({"tool_calls": [use(0, arguments=":1}"), use(1, "c2", "g", "{}")]}),
        chunk({}, "tool_calls"),
        chunk(usage={"prompt_tokens": 3, "completion_tokens": 2}),
        b"data: [DONE]\n\n",
    ]
)
EVENTS: list[Event] = [
    Started("x", "m"),
    ThinkingPiece("hm"),
    TextPiece("Hel"),
    TextPiece("lo"),
    ToolStarted(0, "c1", "f"),
    ArgumentsPiece(0, '{"a"'),
    ArgumentsPiece(0, ":1}"),
    ToolStarted(1, "c2", "g"),
    ArgumentsPiece(1, "{}"),
    Ended(Finish.tools),
    Used(Usage(3, 2)),
]


@pytest.mark.parametrize("cut", range(1, len(STREAM), 7))
def test_a_stream_is_read_however_it_is_cut(cut: int) -> None:
    reader = Reader()
    assert reader.feed(STREAM[:cut]) + reader.feed(STREAM[cut:]) + reader.finish() == EVENTS
    assert reader.error is None


def test_a_stream_byte_by_byte() -> None:
    reader = Reader()
    assert [event for at in range(len(STREAM)) for event in reader.feed(STREAM[at : at + 1])] == EVENTS


def test_tools_that_are_all_numbered_zero_or_not_at_all_are_told_apart() -> None:
    reader = Reader()
    same = reader.feed(
        chunk({"tool_calls": [use(0, "c1", "f", "{}")]}) + chunk({"tool_calls": [use(0, "c2", "g", "{}")]})
    )
    assert [event.index for event in same if isinstance(event, ToolStarted)] == [0, 1]
    none = Reader().feed(chunk({"tool_calls": [use(None, "c1", "f", "{}"), use(None, "c2", "g", "{}")]}))
    assert [event.id for event in none if isinstance(event, ToolStarted)] == ["c1", "c2"]


def test_an_error_within_the_stream_ends_it() -> None:
    reader = Reader()
    assert reader.feed(b'data: {"error":{"message":"boom"}}\n\n' + chunk({"content": "late"})) == []
    assert reader.error is not None
    assert "boom" in reader.error.message


def test_a_stream_that_is_cut_short_or_is_none() -> None:
    reader = Reader()
    reader.feed(STREAM[: len(STREAM) // 2])
    with pytest.raises(UpstreamFailed, match="before its end"):
        reader.finish()
    with pytest.raises(UpstreamFailed, match="not a chat chunk"):
        Reader().feed(b"data: <html>\n\n")


def write(events: list[Event], *, wants_usage: bool = True) -> list[dict[str, Any]]:
    writer = Writer(
        id="i", model="m", created_s=9, wants_usage=wants_usage, finished=lambda one, usage: json.dumps(one).encode()
    )
    written = writer.write(events) + writer.finish()
    assert written.endswith(b"data: [DONE]\n\n")
    return [json.loads(event[6:]) for event in written.decode().split("\n\n") if event and "[DONE]" not in event]


def test_what_is_written_is_read_again_and_is_openai_s() -> None:
    chunks = write(EVENTS)
    for one in chunks:
        ChatCompletionChunk.model_validate(one)
    reader = Reader()
    read = [event for one in chunks for event in reader.feed(b"data: " + json.dumps(one).encode() + b"\n\n")]
    assert read == EVENTS
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert all("role" not in one["choices"][0]["delta"] for one in chunks[1:-1])


def test_usage_is_told_only_to_whom_asked() -> None:
    assert all("usage" not in one for one in write(EVENTS, wants_usage=False))


def test_seals_refusals_and_citations_are_written() -> None:
    cited = Citation(url="https://x.example", title="X")
    events: list[Event] = [
        ThinkingPiece("h"),
        ThinkingPiece("m"),
        ThinkingSealed(Seal("anthropic_messages", "sig")),
        RefusalPiece("No."),
        Cited(cited),
        ToolStarted(0, "c", "f", Seal("gemini", "ts")),
    ]
    deltas = [one["choices"][0]["delta"] for one in write(events)]
    assert deltas[2] == {
        "reasoning_details": [{"type": "reasoning.text", "text": "hm", "signature": "hub:anthropic_messages::sig"}]
    }
    assert deltas[3] == {"refusal": "No."}
    assert deltas[4]["annotations"][0]["url_citation"] == {"url": "https://x.example", "title": "X"}
    assert deltas[5]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "ts"}}
