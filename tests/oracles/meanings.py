"""What an answer means lives here, as each official client's own objects tell it: for comparing across formats."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ENDS = {
    **dict.fromkeys(("stop", "end_turn", "stop_sequence", "STOP", "completed"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "MAX_TOKENS", "max_output_tokens"), "length"),
    **dict.fromkeys(("tool_calls", "tool_use"), "tools"),
    **dict.fromkeys(("content_filter", "refusal", "SAFETY", "guardrail_intervened", "content_filtered"), "filter"),
    "malformed_tool_use": "filter",  # nothing that may be called finished came of it
}


@dataclass(frozen=True)
class Called:
    name: str
    arguments: Any
    id: str = field(default="", compare=False)  # not every format has one


@dataclass(frozen=True)
class Meaning:
    """Tokens are totals: `given` with what a cache gave or took, `made` with thoughts. A count not said is zero."""

    text: str = ""
    thoughts: str = ""
    calls: tuple[Called, ...] = ()
    end: str = ""
    given: int = 0
    made: int = 0
    cached: int = 0


def of_chat(completion: Any) -> Meaning:
    """Of OpenAI's ChatCompletion."""
    (choice,) = completion.choices
    said, usage = choice.message, completion.usage
    details = usage.prompt_tokens_details
    return Meaning(
        said.content or said.refusal or "",
        getattr(said, "reasoning_content", None) or "",
        tuple([Called(one.function.name, json.loads(one.function.arguments), one.id) for one in said.tool_calls or ()]),
        ENDS[choice.finish_reason],
        usage.prompt_tokens,
        usage.completion_tokens,
        (details.cached_tokens if details else 0) or 0,
    )


def of_response(response: Any) -> Meaning:
    """Of OpenAI's Response."""
    calls = [Called(x.name, json.loads(x.arguments), x.call_id) for x in response.output if x.type == "function_call"]
    thoughts = [part.text for x in response.output if x.type == "reasoning" for part in x.summary]
    said = [part for x in response.output if x.type == "message" for part in x.content]
    reason = response.incomplete_details.reason if response.incomplete_details else response.status
    usage = response.usage
    return Meaning(
        "".join([part.refusal if part.type == "refusal" else part.text for part in said]),
        "\n\n".join(thoughts),
        tuple(calls),
        "tools" if calls else ENDS[reason],
        usage.input_tokens,
        usage.output_tokens,
        usage.input_tokens_details.cached_tokens,
    )


def of_message(message: Any) -> Meaning:
    """Of Anthropic's Message."""
    usage = message.usage
    cached = usage.cache_read_input_tokens or 0
    return Meaning(
        "".join([block.text for block in message.content if block.type == "text"]),
        "".join([block.thinking for block in message.content if block.type == "thinking"]),
        tuple([Called(x.name, x.input, x.id) for x in message.content if x.type == "tool_use"]),
        ENDS[message.stop_reason],
        usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0),
        usage.output_tokens,
        cached,
    )


def of_content(chunks: Iterable[Any]) -> Meaning:
    """Of Google's GenerateContentResponse, or the several of a stream."""
    parts: list[Any] = []
    end, usage = "", None
    for chunk in chunks:
        for candidate in chunk.candidates or ():
            parts += (candidate.content.parts if candidate.content else None) or ()
            end = candidate.finish_reason.value if candidate.finish_reason else end
        if chunk.prompt_feedback is not None and chunk.prompt_feedback.block_reason:
            end = "SAFETY"
        usage = chunk.usage_metadata or usage
    assert usage is not None
    calls = [
        Called(x.function_call.name, x.function_call.args, x.function_call.id or "") for x in parts if x.function_call
    ]
    return Meaning(
        "".join([part.text for part in parts if part.text and not part.thought]),
        "".join([part.text for part in parts if part.text and part.thought]),
        tuple(calls),
        "tools" if calls and end == "STOP" else ENDS[end],
        usage.prompt_token_count or 0,
        (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
        usage.cached_content_token_count or 0,
    )


def of_converse(blocks: list[dict[str, Any]], end: str, usage: dict[str, int]) -> Meaning:
    """Of what AWS's client gives for Converse, a stream's deltas joined to blocks."""
    thoughts = [
        x["reasoningContent"].get("reasoningText", {}).get("text", "") for x in blocks if "reasoningContent" in x
    ]
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    cached = usage.get("cacheReadInputTokens", 0)
    return Meaning(
        "".join([said["text"] for block in blocks for said in _said(block)]),
        "".join(thoughts),
        tuple([Called(use["name"], use["input"], use["toolUseId"]) for use in uses]),
        ENDS[end],
        usage["inputTokens"] + cached + usage.get("cacheWriteInputTokens", 0),
        usage["outputTokens"],
        cached,
    )


def _said(block: dict[str, Any]) -> list[dict[str, Any]]:
    cited: list[dict[str, Any]] = block.get("citationsContent", {}).get("content", [])
    return [block] if "text" in block else cited
