"""Whole answers of Chat Completions are read and written, with usage in disjoint buckets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Citation,
    Finish,
    Media,
    MediaKind,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolUse,
)
from aigne_hub.dialects.openai_chat.answers import read_answer, write_answer, write_usage
from aigne_hub.dialects.usage import Usage

USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 30,
    "total_tokens": 130,
    "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 5},
    "completion_tokens_details": {"reasoning_tokens": 20, "audio_tokens": 2},
}


def answer(message: dict[str, Any], finish: str = "stop", **fields: Any) -> Answer:
    choices = [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}]
    return read_answer(json.dumps({"id": "x", "model": "m-1", "created": 5, "choices": choices, **fields}).encode())


def test_usage_is_cut_into_buckets_and_put_together_again() -> None:
    usage = answer({"content": "hi"}, usage=USAGE).usage
    assert usage == Usage(35, 8, 60, 20, audio_input=5, audio_output=2)
    assert write_usage(usage) == USAGE


def test_what_was_written_to_the_cache_is_a_bucket_of_its_own() -> None:
    """Since GPT-5.6 it costs more than fresh input: https://developers.openai.com/api/docs/guides/prompt-caching"""
    details = {"cached_tokens": 60, "cache_write_tokens": 30}
    given = {"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101, "prompt_tokens_details": details}
    usage = answer({"content": "hi"}, usage=given).usage
    assert usage == Usage(10, 1, 60, cache_write_5m=30)
    assert write_usage(usage) == given
    both = write_usage(Usage(10, 1, cache_write_5m=20, cache_write_1h=10))
    assert (both["prompt_tokens"], both["prompt_tokens_details"]) == (40, {"cache_write_tokens": 30})
    assert write_usage(Usage(3, 1, cache_write_5m=0))["prompt_tokens_details"] == {"cache_write_tokens": 0}


def test_zero_stays_zero_and_what_is_missing_stays_missing() -> None:
    known = {"prompt_tokens": 3, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 0}}
    usage = answer({"content": "hi"}, usage=known).usage
    assert usage is not None
    assert (usage.cache_read, usage.reasoning, usage.input) == (0, None, 3)
    assert "completion_tokens_details" not in write_usage(usage)
    assert answer({"content": "hi"}).usage is None


def test_words_thoughts_and_tools_are_read() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    place = {"url": "https://x.example", "title": "X", "start_index": 0, "end_index": 2}
    cited = {"type": "url_citation", "url_citation": place}
    read = answer(
        {"content": "hi", "reasoning_content": "hm", "tool_calls": [call], "annotations": [cited]}, "tool_calls"
    )
    assert read.candidates == (
        Candidate(
            (
                Thinking("hm"),
                Text("hi", citations=(Citation(url="https://x.example", title="X", start=0, end=2),)),
                ToolUse("c1", "f", '{"a":1}'),
            ),
            Finish.tools,
        ),
    )
    assert (read.id, read.model, read.created_s) == ("x", "m-1", 5)


@pytest.mark.parametrize(
    ("said", "finish"),
    [("stop", Finish.stop), ("length", Finish.length), ("content_filter", Finish.filter), ("odd", Finish.stop)],
)
def test_why_it_ended(said: str, finish: Finish) -> None:
    assert answer({"content": "x"}, said).candidates[0].finish is finish


def test_a_refusal_is_one() -> None:
    assert answer({"content": None, "refusal": "No."}).candidates[0].parts == (Refusal("No."),)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"choices":5}', b'{"choices":[{}]}', b"<html>"])
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(UpstreamFailed, match="not a chat completion"):
        read_answer(body)


def test_what_is_written_is_read_by_openai_s_own_client() -> None:
    parts = (Thinking("hm", Seal("anthropic_messages", "sig")), Text("hi"), ToolUse("c1", "f", "{}"))
    written = write_answer(
        Answer("msg_1", "claude", (Candidate(parts, Finish.tools),), Usage(1, 2)), id="i", model="m", created_s=9
    )
    read = ChatCompletion.model_validate(written)
    message = read.choices[0].message
    assert (read.id, read.model, read.created) == ("msg_1", "claude", 9)
    assert (message.content, read.choices[0].finish_reason) == ("hi", "tool_calls")
    assert message.tool_calls is not None
    assert message.tool_calls[0].type == "function"
    assert read.usage is not None
    assert (read.usage.prompt_tokens, read.usage.completion_tokens) == (1, 2)
    assert written["choices"][0]["message"]["reasoning_details"] == [
        {"type": "reasoning.text", "text": "hm", "signature": "hub:anthropic_messages::sig"}
    ]


def test_a_sealed_thought_without_words_is_carried_too() -> None:
    parts = (Thinking("", Seal("gemini", "blob")), Text("hi"))
    written = write_answer(Answer(None, None, (Candidate(parts),)), id="i", model="m", created_s=9)
    message = written["choices"][0]["message"]
    assert message["reasoning_details"] == [{"type": "reasoning.encrypted", "data": "hub:gemini::blob"}]
    assert "reasoning_content" not in message


def test_a_picture_is_taken_of_any_type_and_never_for_the_caller_s_mistake() -> None:
    def drawn(url: str) -> bytes:
        said = {"role": "assistant", "content": "x", "images": [{"type": "image_url", "image_url": {"url": url}}]}
        return json.dumps({"choices": [{"message": said, "finish_reason": "stop"}]}).encode()

    (_, picture) = read_answer(drawn("data:image/svg+xml;base64,PHN2Zy8+")).candidates[0].parts
    assert picture == Media(MediaKind.image, mime="image/svg+xml", data="PHN2Zy8+")
    for url in ("data:image/png;base64,!!", "nowhere", ""):
        with pytest.raises(UpstreamFailed, match="picture"):
            read_answer(drawn(url))
