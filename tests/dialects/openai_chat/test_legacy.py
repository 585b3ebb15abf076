"""The reference's older chat shape (contract 2.3)."""

from __future__ import annotations

import json
from typing import Any

from aigne_hub.dialects.openai_chat.legacy import hybrid_answer, hybrid_chunk, modernised


def test_a_newer_name_wins_over_the_older() -> None:
    assert json.loads(modernised({"topP": 0.1, "top_p": 0.9})) == {"top_p": 0.9}


def test_what_is_of_another_kind_is_left_for_the_check() -> None:
    request = {"messages": [7, {"role": "user", "content": ["x"]}], "response_format": "x"}
    assert json.loads(modernised(request)) == request


def test_an_answer_of_odd_shape_still_has_the_older_fields() -> None:
    answers: list[dict[str, Any]] = [{"choices": []}, {"choices": [7]}, {"choices": [{"message": None}]}]
    for answer in answers:
        shown = json.loads(hybrid_answer(dict(answer), 1))
        assert (shown["role"], shown["text"], shown["content"]) == ("assistant", "", "")
        assert "usage" not in shown and "toolCalls" not in shown


def test_streamed_tool_calls_have_their_older_name() -> None:
    calls = [{"index": 0, "id": "1", "function": {"name": "f", "arguments": ""}}]
    chunk = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": None, "tool_calls": calls}}]}
    assert json.loads(hybrid_chunk(chunk, 1))["delta"] == {"role": "assistant", "toolCalls": calls}


def test_missing_totals_are_summed() -> None:
    chunk = {"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 3}}
    assert json.loads(hybrid_chunk(chunk, 8))["usage"] == {
        "prompt_tokens": 2,
        "completion_tokens": 3,
        "promptTokens": 2,
        "inputTokens": 2,
        "completionTokens": 3,
        "outputTokens": 3,
        "totalTokens": 5,
        "modelCallId": "8",
    }
