"""Counts: what of a chat counts, and how near the hub's own estimate comes."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.chat import (
    Chat,
    Format,
    Media,
    MediaKind,
    Message,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.counts import asked
from aigne_hub.dialects.pairing import COUNTS
from tests.dialects.chats import PICTURE, WEATHER

ENGLISH = "The quick brown fox jumps over the lazy dog. "  # ten tokens of today's tokenizers
CHINESE = "今天天气很好我们去公园散步吧"  # fourteen characters, seven to eleven tokens


def said(*parts: object) -> Chat:
    return Chat((Message(Role.user, parts),))  # type: ignore[arg-type]


def test_words_of_any_script_are_estimated_rather_too_high() -> None:
    assert 1000 <= asked(said(Text(ENGLISH * 100))).by_letters <= 1200
    assert 700 <= asked(said(Text(CHINESE * 100))).by_letters <= 1500
    assert asked(said(Text("\ud800 broken"))).by_letters < 10


def test_everything_that_goes_in_is_in_the_estimate() -> None:
    few = asked(said(Text("hi"))).by_letters
    more = [
        said(Text("hi"), PICTURE),
        said(Text("hi"), Media(MediaKind.file, mime="application/pdf", data="A" * 4000)),
        said(Text("hi"), Media(MediaKind.file, mime="text/plain", data="A" * 4000)),
        said(Text("hi"), Media(MediaKind.file, url="https://example.com/a.pdf")),
        said(Text("hi"), Thinking("let me see"), Refusal("no")),
        said(Text("hi"), ToolUse("c1", "weather", '{"city":"Bern"}')),
        said(Text("hi"), ToolResult("c1", (Text("rain"), PICTURE))),
        Chat(said(Text("hi")).messages, tools=(WEATHER, Tool("f"))),
        Chat(said(Text("hi")).messages, format=Format({"type": "object"})),
    ]
    assert all(asked(chat).by_letters > few for chat in more)


@pytest.mark.parametrize("dialect", COUNTS)
@pytest.mark.parametrize("answer", [b"{}", b"no", b'{"input_tokens":"1","totalTokens":null}'])
def test_an_answer_that_is_no_count_is_malformed(dialect: str, answer: bytes) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        COUNTS[dialect].read_count(answer)
    assert failed.value.kind is Failure.malformed
