"""Whole answers of generateContent are read and written, and are Google's.

Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai.types import GenerateContentResponse

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Citation,
    Finish,
    Media,
    MediaKind,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolUse,
)
from aigne_hub.dialects.gemini import signatures
from aigne_hub.dialects.gemini.answers import read_answer, read_wire_usage, write_answer
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PICTURE, PIXEL

USAGE = {"promptTokenCount": 4, "candidatesTokenCount": 2, "totalTokenCount": 6}


def body(*parts: dict[str, Any], finish: str | None = "STOP", **candidate: Any) -> bytes:
    content = {"parts": list(parts), "role": "model"}
    one = {"content": content, "index": 0, **candidate} | ({} if finish is None else {"finishReason": finish})
    answer = {"candidates": [one], "usageMetadata": USAGE, "modelVersion": "gemini-3-flash-001", "responseId": "r1"}
    if finish != "SOMETHING_NEW":
        GenerateContentResponse.model_validate(answer)
    return json.dumps(answer).encode()


def read(*parts: dict[str, Any], **candidate: Any) -> Candidate:
    return read_answer(body(*parts, **candidate)).candidates[0]


def test_a_plain_answer() -> None:
    assert read_answer(body({"text": "Hello"})) == Answer(
        "r1", "gemini-3-flash-001", (Candidate((Text("Hello"),), Finish.stop),), Usage(4, 2)
    )
    assert read_wire_usage(body({"text": "Hello"})) == Usage(4, 2)


@pytest.mark.parametrize(
    ("wire", "parts"),
    [
        ({"text": "hm", "thought": True, "thoughtSignature": "c2ln"}, (Thinking("hm", Seal("gemini", "c2ln")),)),
        ({"thought": True, "thoughtSignature": "c2ln"}, (Thinking("", Seal("gemini", "c2ln")),)),
        ({"text": "hi", "thoughtSignature": "c2ln"}, (Text("hi"), Thinking("", Seal("gemini", "c2ln")))),
        ({"text": "", "thoughtSignature": "c2ln"}, (Thinking("", Seal("gemini", "c2ln")),)),
        ({"inlineData": {"mimeType": "image/png", "data": PIXEL.replace("+", "-")}}, (PICTURE,)),
        ({"fileData": {"mimeType": "video/mp4", "fileUri": "https://x.example/v"}},
         (Media(MediaKind.video, mime="video/mp4", url="https://x.example/v"),)),
        ({"executableCode": {"language": "PYTHON", "code": "1"}}, ()),
        ({"functionCall": {"id": "x", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
         (ToolUse("x", "f", '{"a":1}', Seal("gemini", "c2ln")),)),
    ],
)  # fmt: skip
def test_every_kind_of_part(wire: dict[str, Any], parts: tuple[Part, ...]) -> None:
    assert read(wire).parts == parts


def test_functions_called_at_once_have_ids_of_their_own() -> None:
    found = read({"functionCall": {"name": "f"}}, {"functionCall": {"name": "f", "args": {"b": 2}}})
    assert found.parts == (ToolUse("call_r1_0", "f", "{}"), ToolUse("call_r1_1", "f", '{"b":2}'))
    assert found.finish is Finish.tools


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", Finish.stop),
        ("MAX_TOKENS", Finish.length),
        ("SAFETY", Finish.filter),
        ("RECITATION", Finish.filter),
        ("PROHIBITED_CONTENT", Finish.filter),
        ("BLOCKLIST", Finish.filter),
        ("SPII", Finish.filter),
        ("MALFORMED_FUNCTION_CALL", Finish.filter),
        ("OTHER", Finish.stop),
        ("SOMETHING_NEW", Finish.stop),
        (None, None),
    ],
)
def test_why_it_ended(reason: str | None, finish: Finish | None) -> None:
    assert read({"text": "x"}, finish=reason).finish is finish


def test_a_prompt_that_was_refused_is_an_answer() -> None:
    """https://ai.google.dev/api/generate-content#PromptFeedback"""
    feedback = {"blockReason": "PROHIBITED_CONTENT", "safetyRatings": []}
    blocked = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}}
    assert read_answer(json.dumps(blocked).encode()) == Answer(None, None, (Candidate((), Finish.filter),), Usage(4, 0))
    told = {"promptFeedback": {**feedback, "blockReasonMessage": "No."}}
    assert read_answer(json.dumps(told).encode()).candidates == (Candidate((Refusal("No."),), Finish.filter),)


def test_an_answer_without_content() -> None:
    assert read_answer(b'{"candidates":[{"finishReason":"SAFETY"}]}').candidates == (Candidate((), Finish.filter),)
    assert read_answer(b'{"candidates":[{"content":{},"finishReason":"STOP"}]}').candidates == (
        Candidate((), Finish.stop),
    )


def test_where_it_is_from() -> None:
    chunks = [{"web": {"uri": "https://a.example", "title": "A"}}]
    supports = [{"segment": {"startIndex": 0, "endIndex": 2, "partIndex": 1}, "groundingChunkIndices": [0]}]
    thought = {"text": "hm", "thought": True}
    found = read(thought, {"text": "hi"}, groundingMetadata={"groundingChunks": chunks, "groundingSupports": supports})
    assert found.parts[1] == Text("hi", citations=(Citation("https://a.example", "A", None, 0, 2),))
    found = read({"text": "a"}, {"text": "b"}, thought, groundingMetadata={"groundingChunks": chunks})
    assert found.parts[1] == Text("b", citations=(Citation("https://a.example", "A"),))
    assert read(thought, groundingMetadata={"groundingChunks": chunks}).parts == (Thinking("hm"),)


@pytest.mark.parametrize("bad", [b"", b"[]", b"{}", b'{"candidates":5}', b"<html>", b'{"choices":[]}'])
def test_what_is_no_answer_is_said_to_be_none(bad: bytes) -> None:
    with pytest.raises(UpstreamFailed, match="not one of generateContent"):
        read_answer(bad)


def test_what_is_written_is_read_by_google_s_own_client() -> None:
    parts = (
        Thinking("hm", Seal("anthropic_messages", "sig")),
        Text("hi", citations=(Citation("https://a.example", "A"),)),
        Refusal("No."),
        PICTURE,
        Media(MediaKind.image, url="https://x.example/a.png"),
        ToolUse("c1", "f", '{"a":1}', Seal("openai_responses", "enc", "fc_1")),
    )
    logprobs = {"content": [{"token": "hi", "logprob": -1.0, "bytes": [], "top_logprobs": []}]}
    candidates = (Candidate(parts, Finish.tools, logprobs=logprobs), Candidate((), Finish.refusal))
    written = write_answer(Answer(None, None, candidates, Usage(1, 2, reasoning=3)), id="9", model="m")
    found = GenerateContentResponse.model_validate(written)
    assert (found.response_id, found.model_version) == ("9", "m")
    assert found.candidates is not None
    assert [one.finish_reason for one in found.candidates] == ["STOP", "SAFETY"]
    content = written["candidates"][0]["content"]["parts"]
    assert [sorted(part) for part in content] == [
        ["text", "thought", "thoughtSignature"],
        ["text"],
        ["text"],
        ["inlineData"],
        ["fileData"],
        ["functionCall", "thoughtSignature"],
    ]
    assert signatures.read(content[0]["thoughtSignature"]) == Seal("anthropic_messages", "sig")
    assert signatures.read(content[5]["thoughtSignature"]) == Seal("openai_responses", "enc", "fc_1")
    assert found.usage_metadata is not None
    assert found.usage_metadata.total_token_count == 6


def test_an_answer_of_google_s_is_written_as_it_was() -> None:
    given = body({"text": "Hello"}, {"functionCall": {"id": "x", "name": "f", "args": {}}, "thoughtSignature": "c2ln"})
    assert write_answer(read_answer(given), id="9", model="m") == json.loads(given)


def test_an_answer_of_nothing_is_still_one() -> None:
    assert GenerateContentResponse.model_validate(write_answer(Answer(None, None, ()), id="9", model="m")).text is None
