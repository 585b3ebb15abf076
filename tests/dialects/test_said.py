"""What answers said, in every format, for an estimate of tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigne_hub.dialects.said import Said, said_streamed, said_whole
from aigne_hub.dialects.words import by_letters
from tests.upstream import COMPLETION, chunk, chunks_of, events_of

WORDS = "The quick brown fox jumps over the lazy dog."
TOKENS = round(by_letters(WORDS))


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
    words = said_whole(json.dumps(answer).encode())
    assert (words.sample, words.by_letters) == ((WORDS,), TOKENS)


def test_a_stream_is_counted_by_its_words() -> None:
    pieces = [WORDS[at : at + 4] for at in range(0, len(WORDS), 4)]
    assert said_streamed(b"".join(events_of(chunks_of(pieces)))).sample == (WORDS,)
    messages = [event(type="content_block_delta", delta={"type": "text_delta", "text": one}) for one in pieces]
    assert said_streamed(b"".join(messages)).sample == (WORDS,)


def test_answers_that_come_at_the_same_time_are_read_apart() -> None:
    first, second = "The quick brown fox", "springt über den Hund"
    chunks = [
        chunk(choices=[{"index": number, "delta": {"content": text[at : at + 3]}}])
        for at in range(0, 24, 3)
        for number, text in enumerate((first, second))
    ]
    assert set(said_streamed(b"".join(events_of(chunks))).sample) == {first, second}
    blocks = [
        event(type="content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "let me"}),
        event(type="content_block_delta", index=1, delta={"type": "text_delta", "text": "Hel"}),
        event(type="content_block_delta", index=1, delta={"type": "text_delta", "text": "lo"}),
    ]
    assert said_streamed(b"".join(blocks)).sample == ("let me", "Hello")


def test_what_responses_tells_twice_is_counted_once() -> None:
    said = [event(type="response.output_text.delta", delta=WORDS)]
    again = [event(type="response.output_text.done", text=WORDS), event(type="response.completed", response={})]
    assert said_streamed(b"".join(said + again)).sample == (WORDS,)


@pytest.mark.parametrize("body", [b"", b"no json", b"[[[[", b'{"content": 5}', b"[" * 100 + b"]" * 100])
def test_what_says_nothing_counts_nothing(body: bytes) -> None:
    assert said_whole(body).by_letters == 0
    assert said_streamed(b"data: %b\n\n" % body).by_letters == 0


def test_of_a_long_stream_the_beginning_stands_for_all() -> None:
    said, one = Said(), b"".join(events_of(chunks_of([WORDS]), done=False)[1:2])
    assert said.words.by_letters == 0
    for _ in range(5000):
        said.add(one)
    assert said.words.by_letters == pytest.approx(5000 * by_letters(WORDS), rel=0.01)
