"""Events of Gemini become the middle's and back, however the bytes are cut.

Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai.types import GenerateContentResponse

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
    Used,
)
from aigne_hub.dialects.gemini import signatures
from aigne_hub.dialects.gemini.streams import Reader, Writer
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL


def event(*parts: dict[str, Any], finish: str | None = None, index: int = 0, **fields: Any) -> bytes:
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": index}
    if finish is not None:
        candidate["finishReason"] = finish
    answer = {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1", **fields}
    GenerateContentResponse.model_validate(answer)
    return b"data: " + json.dumps(answer).encode() + b"\r\n\r\n"


def used(given: int, made: int = 0, **more: int) -> dict[str, Any]:
    return {"usageMetadata": {"promptTokenCount": given, "candidatesTokenCount": made, **more}}


GROUNDED = {
    "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
    "groundingSupports": [{"segment": {"endIndex": 5}, "groundingChunkIndices": [0]}],
}
STREAM = b"".join(
    [
        event({"text": "hm", "thought": True}, **used(9)),
        event({"text": "Hel"}, **used(9, 1, thoughtsTokenCount=4)),
        event({"text": "lo"}, {"text": "", "thoughtSignature": "dGV4dA=="}),
        event(
            {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
            {"functionCall": {"id": "x", "name": "g"}},
        ),
        event({"text": ""}, finish="STOP", **used(9, 7, thoughtsTokenCount=4)),
    ]
)
EVENTS: list[Event] = [
    Started("r1", "gemini-x"),
    ThinkingPiece("hm"),
    Used(Usage(9, 0)),
    TextPiece("Hel"),
    Used(Usage(9, 1, reasoning=4)),
    TextPiece("lo"),
    ThinkingSealed(Seal("gemini", "dGV4dA==")),
    ToolStarted(0, "call_r1_0", "f", Seal("gemini", "c2ln")),
    ArgumentsPiece(0, '{"a":1}'),
    ToolStarted(1, "x", "g"),
    ArgumentsPiece(1, "{}"),
    Ended(Finish.tools),
    Used(Usage(9, 7, reasoning=4)),
]


@pytest.mark.parametrize("cut", range(1, len(STREAM)))
def test_a_stream_is_read_however_it_is_cut(cut: int) -> None:
    reader = Reader()
    assert reader.feed(STREAM[:cut]) + reader.feed(STREAM[cut:]) + reader.finish() == EVENTS


@pytest.mark.parametrize("end", [2, 3, 4])
def test_the_last_blank_line_need_not_come(end: int) -> None:
    reader = Reader()
    assert reader.feed(STREAM[:-end]) + reader.finish() == EVENTS


def test_a_stream_byte_by_byte() -> None:
    reader = Reader()
    assert [one for at in range(len(STREAM)) for one in reader.feed(STREAM[at : at + 1])] == EVENTS


def test_pictures_pages_and_other_candidates() -> None:
    reader = Reader()
    events = reader.feed(
        event({"text": "Hello"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}})
        + event({"text": "other"}, index=1, finish="MAX_TOKENS")
        + event(finish="SAFETY").replace(b'"index": 0', b'"groundingMetadata":' + json.dumps(GROUNDED).encode())
    )
    assert events == [
        Started("r1", "gemini-x"),
        TextPiece("Hello"),
        MediaMade(PICTURE),
        TextPiece("other", choice=1),
        Ended(Finish.length, choice=1),
        Cited(Citation("https://a.example", "A", None, 0, 5)),
        Ended(Finish.filter),
    ]


def test_a_prompt_that_is_refused() -> None:
    reader = Reader()
    said = {"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "No."}}
    events = reader.feed(b"data: " + json.dumps(said).encode() + b"\n\n")
    assert events == [Started(), RefusalPiece("No."), Ended(Finish.filter)]
    assert reader.finish() == []


ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


def test_an_error_within_the_stream_ends_it() -> None:
    reader = Reader()
    said = b"data: " + json.dumps(ERROR).encode() + b"\n\n"
    assert reader.feed(said + event({"text": "late"})) == []
    assert reader.error is not None
    assert "overloaded" in reader.error.message
    late = Reader()
    assert late.feed(said.rstrip()) == []
    with pytest.raises(UpstreamFailed, match="overloaded"):
        late.finish()


def test_an_error_without_an_event_around_it() -> None:
    for bare in (json.dumps(ERROR, indent=2), json.dumps([ERROR])):
        reader = Reader()
        reader.feed(event({"text": "Hel"}) + bare.encode())
        with pytest.raises(UpstreamFailed, match="overloaded"):
            reader.finish()


def test_a_stream_that_is_cut_short_or_is_none() -> None:
    reader = Reader()
    reader.feed(STREAM[: len(STREAM) // 2])
    with pytest.raises(UpstreamFailed, match="before its end"):
        reader.finish()
    with pytest.raises(UpstreamFailed, match="before its end"):
        Reader().finish()
    with pytest.raises(UpstreamFailed, match="not one of Gemini"):
        Reader().feed(b"data: [DONE]\n\n")


def write(events: list[Event]) -> list[dict[str, Any]]:
    writer = Writer(id="i", model="m")
    written = (writer.write(events) + writer.finish()).decode()
    found = [json.loads(one.removeprefix("data: ")) for one in written.removesuffix("\n\n").split("\n\n")]
    for one in found:
        GenerateContentResponse.model_validate(one)
    return found


def parts(written: list[dict[str, Any]], choice: int = 0) -> list[dict[str, Any]]:
    return [
        part
        for event in written
        for candidate in event["candidates"]
        if candidate["index"] == choice
        for part in candidate["content"]["parts"]
    ]


def test_what_is_written_says_the_same_and_is_google_s() -> None:
    written = write(EVENTS)
    assert parts(written) == [
        {"text": "hm", "thought": True},
        {"text": "Hel"},
        {"text": "lo"},
        {"text": "", "thought": True, "thoughtSignature": "dGV4dA=="},
        {"functionCall": {"id": "call_r1_0", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "x", "name": "g", "args": {}}},
    ]
    assert [event["candidates"][0].get("finishReason") for event in written] == [None] * 4 + ["STOP"]
    assert written[-1]["usageMetadata"]["totalTokenCount"] == 20
    assert {(event["responseId"], event["modelVersion"]) for event in written} == {("r1", "gemini-x")}


def test_functions_are_told_when_their_arguments_are_whole() -> None:
    written = write(
        [
            ToolStarted(0, "a", "f", Seal("anthropic_messages", "sig")),
            ArgumentsPiece(0, '{"n":'),
            ToolStarted(1, "b", "g"),
            ArgumentsPiece(0, "1}"),
            ArgumentsPiece(9, "late"),
            TextPiece("so"),
            Ended(Finish.tools),
        ]
    )
    first, second, text = parts(written)[:3]
    assert first["functionCall"] == {"id": "a", "name": "f", "args": {"n": 1}}
    assert signatures.read(first["thoughtSignature"]) == Seal("anthropic_messages", "sig")
    assert (second["functionCall"]["args"], text) == ({}, {"text": "so"})


def test_pages_and_candidates_are_told_at_the_end() -> None:
    written = write(
        [
            TextPiece("Grüße"),
            Cited(Citation("https://a.example", "A")),
            RefusalPiece("No."),
            Cited(Citation("https://b.example")),
            Cited(Citation("https://a.example", "A", None, 2, 5)),
            MediaMade(PICTURE),
            ThinkingSealed(Seal("anthropic_messages", "sig"), choice=1),
            Ended(Finish.length, choice=1),
            Ended(Finish.filter),
        ]
    )
    last = written[-1]["candidates"]
    assert [(one["index"], one["finishReason"]) for one in last] == [(0, "SAFETY"), (1, "MAX_TOKENS")]
    supports = last[0]["groundingMetadata"]["groundingSupports"]
    assert [(one["segment"]["text"], one["groundingChunkIndices"]) for one in supports] == [
        ("Grüße", [0]),
        ("No.", [1]),
        ("üße", [0]),
    ]
    assert {"inlineData": {"mimeType": "image/png", "data": PIXEL}} in parts(written)
    assert len(parts(written, choice=1)) == 2


def test_an_answer_of_nothing_is_whole() -> None:
    (only,) = write([])
    assert only["candidates"] == [
        {"content": {"parts": [{"text": ""}], "role": "model"}, "finishReason": "STOP", "index": 0}
    ]
