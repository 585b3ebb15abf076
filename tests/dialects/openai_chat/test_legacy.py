"""The reference's older chat shape (contract 2.3)."""

from __future__ import annotations

import json
from typing import Any

from aigne_hub.dialects.call import Label
from aigne_hub.dialects.openai_chat.legacy import hybrid_answer, hybrid_chunk, modernised
from aigne_hub.dialects.usage import Usage

LABEL = Label(8, 1_700_000_000, "openai/gpt")


def test_a_newer_name_wins_over_the_older() -> None:
    assert json.loads(modernised({"topP": 0.1, "top_p": 0.9})) == {"top_p": 0.9}


def test_what_is_of_another_kind_is_left_for_the_check() -> None:
    request = {"messages": [7, {"role": "user", "content": ["x"]}], "response_format": "x"}
    assert json.loads(modernised(request)) == request


def test_an_answer_of_odd_shape_still_has_the_older_fields() -> None:
    answers: list[dict[str, Any]] = [{"choices": []}, {"choices": [7]}, {"choices": [{"message": None}]}]
    for answer in answers:
        shown = json.loads(hybrid_answer(dict(answer), LABEL))
        assert (shown["role"], shown["text"], shown["content"]) == ("assistant", "", "")
        assert "usage" not in shown and "toolCalls" not in shown


def test_streamed_tool_calls_have_their_older_name() -> None:
    calls = [{"index": 0, "id": "1", "function": {"name": "f", "arguments": ""}}]
    chunk = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": None, "tool_calls": calls}}]}
    assert json.loads(hybrid_chunk(chunk, LABEL, None))["delta"] == {"role": "assistant", "toolCalls": calls}


def test_missing_totals_are_summed() -> None:
    chunk = {"choices": [], "usage": {"prompt_tokens": 2, "completion_tokens": 3}}
    assert json.loads(hybrid_chunk(chunk, LABEL, Usage(2, 3)))["usage"] == {
        "prompt_tokens": 2,
        "completion_tokens": 3,
        "promptTokens": 2,
        "inputTokens": 2,
        "completionTokens": 3,
        "outputTokens": 3,
        "totalTokens": 5,
        "modelCallId": "8",
    }


def test_where_calls_are_priced_a_usage_says_what_it_cost() -> None:
    priced = Label(8, 1_700_000_000, "openai/gpt", lambda used: used.total * 10**6, "$")
    usage = {"prompt_tokens": 2, "completion_tokens": 3}
    chunk = json.loads(hybrid_chunk({"choices": [], "usage": usage}, priced, Usage(2, 3)))["usage"]
    assert (chunk["aigneHubCredits"], chunk["creditPrefix"], chunk["modelCallId"]) == (0.005, "$", "8")
    whole = json.loads(hybrid_answer({"choices": [], "usage": usage}, priced.settled(Usage(20, 30))))["usage"]
    assert whole["aigneHubCredits"] == 0.05
