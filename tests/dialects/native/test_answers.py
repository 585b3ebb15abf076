"""Native answers leave out what is not there, and a stream of them merges to the same whole."""

from __future__ import annotations

import json
from typing import Any

from aigne_hub.dialects import sse
from aigne_hub.dialects.call import Label
from aigne_hub.dialects.chat import (
    Answer,
    ArgumentsPiece,
    Candidate,
    Ended,
    Event,
    Finish,
    Media,
    MediaKind,
    MediaMade,
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
from aigne_hub.dialects.native.answers import Writer, write_answer, write_usage
from aigne_hub.dialects.usage import Usage

LABEL = Label(1234, 9, "openai/gpt-5-mini")
PICTURE = Media(MediaKind.image, mime="image/png", data="aGk=", name="a.png")
PARTS = (Thinking("hm"), Text("Hello"), ToolUse("c1", "f", '{"x":1}', Seal("gemini", "ts")), PICTURE)
EVENTS: list[Event] = [
    Started("i", "gpt-5-mini-2025-08-07"),
    ThinkingPiece("h"),
    ThinkingPiece("m"),
    TextPiece("Hel"),
    TextPiece("lo"),
    TextPiece("other", choice=1),
    ToolStarted(0, "c1", "f", Seal("gemini", "ts")),
    ArgumentsPiece(0, '{"x":'),
    ArgumentsPiece(0, "1}"),
    MediaMade(PICTURE),
    Ended(Finish.tools),
    Used(Usage(12, 3, 0)),
]
WHOLE: dict[str, Any] = {
    "text": "Hello",
    "thoughts": "hm",
    "toolCalls": [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "f", "arguments": {"x": 1}},
            "metadata": {"seal": "hub:gemini::ts"},
        }
    ],
    "files": [{"type": "file", "data": "aGk=", "mimeType": "image/png", "filename": "a.png"}],
    "model": "gpt-5-mini-2025-08-07",
    "modelWithProvider": "openai/gpt-5-mini",
    "usage": {"inputTokens": 12, "outputTokens": 3, "cacheReadInputTokens": 0, "modelCallId": "1234"},
}


def merged(stream: bytes) -> dict[str, Any]:
    """What the published client makes of a stream: text is appended, the rest merged by name."""
    found: dict[str, Any] = {}
    for event in stream.decode().removesuffix("\n\n").split("\n\n"):
        assert event.startswith("data: {")
        delta = json.loads(event[6:])["delta"]
        for key, text in delta.get("text", {}).items():
            found[key] = found.get(key, "") + text
        found |= delta.get("json", {})
    return found


def test_a_whole_answer() -> None:
    answer = Answer("i", "gpt-5-mini-2025-08-07", (Candidate(PARTS, Finish.tools),), Usage(12, 3, 0))
    assert write_answer(answer, LABEL, wants_json=False) == WHOLE


def test_a_stream_merges_to_the_whole_answer() -> None:
    writer = Writer(LABEL, wants_json=False)
    stream = writer.write(EVENTS) + writer.finish()
    assert merged(stream) == WHOLE
    assert b"[DONE]" not in stream
    assert b"null" not in stream


def test_structured_output_is_a_value() -> None:
    for text in ('{"a":1}', '```json\n{"a":1}\n```'):
        answer = Answer(None, None, (Candidate((Text(text),)),))
        assert write_answer(answer, LABEL, wants_json=True) == {
            "json": {"a": 1},
            "model": "gpt-5-mini",
            "modelWithProvider": "openai/gpt-5-mini",
        }
        writer = Writer(LABEL, wants_json=True)
        found = merged(writer.write([TextPiece(text[:4]), TextPiece(text[4:])]) + writer.finish())
        assert found["json"] == {"a": 1}
        assert "text" not in found


def test_what_is_no_json_stays_text() -> None:
    answer = Answer(None, None, (Candidate((Text("sorry"),)),))
    assert write_answer(answer, LABEL, wants_json=True)["text"] == "sorry"


def test_usage_is_told_as_it_is_billed() -> None:
    usage = Usage(1, 2, 3, 4, cache_write_5m=5, cache_write_1h=6)
    assert write_usage(usage, LABEL) == {
        "inputTokens": 1,
        "outputTokens": 6,
        "cacheReadInputTokens": 3,
        "cacheCreationInputTokens": 11,
        "modelCallId": "1234",
    }


def test_sealed_thoughts_go_with_the_first_call_whole_and_streamed() -> None:
    seal = Seal("anthropic_messages", "sig")
    use = ToolUse("c1", "f", '{"a":1}')
    thoughts = [{"text": "hm", "seal": "hub:anthropic_messages::sig"}]
    whole = write_answer(
        Answer("i", "m", (Candidate((Thinking("hm", seal), use, use), Finish.tools),)), LABEL, wants_json=False
    )
    assert [call.get("metadata") for call in whole["toolCalls"]] == [{"thoughts": thoughts}, None]
    assert whole["thoughts"] == "hm"
    writer = Writer(LABEL, wants_json=False)
    writer.write([ThinkingPiece("h"), ThinkingPiece("m"), ThinkingSealed(seal), ToolStarted(0, "c1", "f")])
    (event,) = [json.loads(data) for data in sse.datas_of(writer.finish()) if b"toolCalls" in data]
    assert event["delta"]["json"]["toolCalls"][0]["metadata"] == {"thoughts": thoughts}
    without = write_answer(Answer("i", "m", (Candidate((Thinking("hm"), use)),)), LABEL, wants_json=False)
    assert "metadata" not in without["toolCalls"][0]
