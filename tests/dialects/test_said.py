"""What answers said, in every format, for an estimate of tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects.counts import tokens_of
from aigne_hub.dialects.said import Said, estimate_said, estimate_streamed
from tests.upstream import COMPLETION, chunks_of, events_of

WORDS = "The quick brown fox jumps over the lazy dog."
TOKENS = round(tokens_of(WORDS))


def event(**fields: Any) -> bytes:
    return b"data: %b\n\n" % json.dumps(fields).encode()


@pytest.mark.parametrize(
    "answer",
    [
        {**COMPLETION, "choices": [{"message": {"role": "assistant", "content": WORDS}}]},
        {"type": "message", "content": [{"type": "text", "text": WORDS}]},
        {"object": "response", "output": [{"type": "message", "content": [{"type": "output_text", "text": WORDS}]}]},
        {"candidates": [{"content": {"parts": [{"text": WORDS}], "role": "model"}}]},
        {"choices": [{"message": {"content": None, "tool_calls": [{"function": {"arguments": WORDS}}]}}]},
    ],
)
def test_a_whole_answer_is_counted_by_its_words(answer: dict[str, Any]) -> None:
    assert estimate_said(json.dumps(answer).encode()) == TOKENS


def test_a_stream_is_counted_by_its_words() -> None:
    pieces = [WORDS[at : at + 4] for at in range(0, len(WORDS), 4)]
    assert estimate_streamed(b"".join(events_of(chunks_of(pieces)))) == TOKENS
    messages = [event(type="content_block_delta", delta={"type": "text_delta", "text": one}) for one in pieces]
    assert estimate_streamed(b"".join(messages)) == TOKENS


def test_what_responses_tells_twice_is_counted_once() -> None:
    said = [event(type="response.output_text.delta", delta=WORDS)]
    again = [event(type="response.output_text.done", text=WORDS), event(type="response.completed", response={})]
    assert estimate_streamed(b"".join(said + again)) == TOKENS


@pytest.mark.parametrize("body", [b"", b"no json", b"[[[[", b'{"content": 5}', b"[" * 100 + b"]" * 100])
def test_what_says_nothing_counts_nothing(body: bytes) -> None:
    assert estimate_said(body) == 0
    assert estimate_streamed(b"data: %b\n\n" % body) == 0


def test_of_a_long_stream_the_beginning_stands_for_all() -> None:
    said, one = Said(), b"".join(events_of(chunks_of([WORDS]), done=False)[1:2])
    assert said.tokens == 0
    for _ in range(5000):
        said.add(one)
    assert said.tokens == pytest.approx(5000 * tokens_of(WORDS), rel=0.01)
