"""Blocks carry seals there and back, and arguments are objects."""

from __future__ import annotations

import json
from typing import Any

from aigne_hub.dialects.anthropic_messages.blocks import (
    NAME,
    REDACTED,
    BlockReader,
    read_citation,
    write_citation,
    written_thinking,
    written_tool_seal,
)
from aigne_hub.dialects.chat import Citation, Part, Seal, Thinking, ToolUse
from aigne_hub.dialects.fields import Fields

USE = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}


def read(*blocks: dict[str, Any]) -> tuple[Part, ...]:
    return BlockReader().content(Fields({"content": list(blocks)}))


def test_thoughts_come_back_as_they_were_given() -> None:
    for thought in (
        Thinking("hm", Seal(NAME, "sig")),
        Thinking("", Seal(NAME, "sig")),
        Thinking("", Seal(NAME, "blob", REDACTED)),
        Thinking("hm", Seal("openai_responses", "enc", "rs_1")),
        Thinking("", Seal("openai_responses", "enc", "rs_1")),
        Thinking("hm"),
    ):
        assert read(json.loads(json.dumps(written_thinking(thought)))) == (thought,)


def test_the_seal_of_a_tool_use_comes_back_to_it() -> None:
    seal = Seal("gemini", "ts")
    assert read(written_tool_seal("t1", seal), USE) == (ToolUse("t1", "f", "{}", seal),)


def test_citations_there_and_back() -> None:
    cited = Citation(url="https://x.example", title="X", quote="q")
    assert read_citation(write_citation(cited)) == cited
    assert read_citation({"document_title": "D", "cited_text": "q", "start_char_index": 4}) == Citation(
        title="D", quote="q"
    )
