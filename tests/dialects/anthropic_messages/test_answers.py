"""Whole answers of Messages are read and written, with usage in disjoint buckets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import Message

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.anthropic_messages.answers import read_answer, read_wire_usage, write_answer, write_usage
from aigne_hub.dialects.anthropic_messages.blocks import NAME, REDACTED
from aigne_hub.dialects.chat import Answer, Candidate, Citation, Finish, Refusal, Seal, Text, Thinking, ToolUse
from aigne_hub.dialects.usage import Usage

USAGE = {
    "input_tokens": 35,
    "output_tokens": 30,
    "cache_read_input_tokens": 60,
    "cache_creation_input_tokens": 12,
    "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 8},
    "output_tokens_details": {"thinking_tokens": 20},
    "service_tier": "standard",
}


def body(*blocks: dict[str, Any], stop: str = "end_turn", **fields: Any) -> bytes:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": blocks}
    return json.dumps({**message, "stop_reason": stop, "stop_sequence": None, "usage": USAGE, **fields}).encode()


def test_usage_is_cut_into_buckets_and_put_together_again() -> None:
    usage = read_wire_usage(body())
    assert usage == Usage(35, 10, 60, 20, cache_write_5m=4, cache_write_1h=8, tier="standard")
    assert write_usage(usage) == USAGE


def test_an_old_answer_tells_one_number_of_what_was_cached() -> None:
    old = {"input_tokens": 3, "output_tokens": 1, "cache_creation_input_tokens": 7, "cache_read_input_tokens": 0}
    usage = read_wire_usage(body(usage=old))
    assert usage is not None
    assert (usage.cache_write_5m, usage.cache_write_1h, usage.cache_read, usage.reasoning) == (7, None, 0, None)
    assert read_wire_usage(body(usage={})) is None


def test_words_thoughts_and_tools_are_read() -> None:
    cited = {"type": "web_search_result_location", "url": "https://x.example", "title": "X", "cited_text": "q"}
    answer = read_answer(
        body(
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            {"type": "redacted_thinking", "data": "blob"},
            {"type": "text", "text": "hi", "citations": [cited]},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
            stop="tool_use",
        )
    )
    assert answer.candidates[0] == Candidate(
        (
            Thinking("hm", Seal(NAME, "sig")),
            Thinking("", Seal(NAME, "blob", REDACTED)),
            Text("hi", citations=(Citation(url="https://x.example", title="X", quote="q"),)),
            ToolUse("t1", "f", '{"a":1}'),
        ),
        Finish.tools,
    )
    assert (answer.id, answer.model, answer.tier) == ("msg_1", "claude-x", "standard")


@pytest.mark.parametrize(
    ("said", "finish"),
    [
        ("end_turn", Finish.stop),
        ("max_tokens", Finish.length),
        ("model_context_window_exceeded", Finish.length),
        ("stop_sequence", Finish.stop_sequence),
        ("pause_turn", Finish.pause),
        ("refusal", Finish.refusal),
        ("odd", Finish.stop),
    ],
)
def test_why_it_ended(said: str, finish: Finish) -> None:
    assert read_answer(body(stop=said)).candidates[0].finish is finish


@pytest.mark.parametrize("bad", [b"", b"[]", b'{"type":"error","content":[]}', b'{"content":5}', b"<html>"])
def test_what_is_no_answer_is_said_to_be_none(bad: bytes) -> None:
    with pytest.raises(UpstreamFailed, match="not a message"):
        read_answer(bad)


def test_what_is_written_is_read_by_anthropic_s_own_client() -> None:
    parts = (
        Thinking("hm", Seal("openai_responses", "enc", "rs_1")),
        Text("hi", citations=(Citation(url="https://x.example", title="X"),)),
        Refusal("No."),
        ToolUse("c1", "f", '{"a":1}', Seal("gemini", "ts")),
    )
    written = write_answer(Answer(None, None, (Candidate(parts, Finish.tools),), Usage(1, 2)), id="msg_9", model="m")
    read = Message.model_validate(written)
    assert (read.id, read.model, read.stop_reason) == ("msg_9", "m", "tool_use")
    assert [block.type for block in read.content] == ["thinking", "text", "text", "redacted_thinking", "tool_use"]
    assert (read.usage.input_tokens, read.usage.output_tokens) == (1, 2)


def test_an_answer_of_nothing_is_still_one() -> None:
    read = Message.model_validate(write_answer(Answer(None, None, ()), id="msg_9", model="m"))
    assert (read.content, read.stop_reason, read.usage.output_tokens) == ([], "end_turn", 0)
