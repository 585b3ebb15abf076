"""Whole answers of Messages live here, read into the middle and written from it.

Source: https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.anthropic_messages.blocks import (
    NAME,
    REDACTED,
    read_citation,
    write_citation,
    written_thinking,
    written_tool_seal,
)
from aigne_hub.dialects.arguments import as_object
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Finish,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolUse,
)
from aigne_hub.dialects.showing import APPROXIMATED, DROPPED, MEDIA, Lacks
from aigne_hub.dialects.usage import Usage

FINISHES = {
    "end_turn": Finish.stop,
    "max_tokens": Finish.length,
    "model_context_window_exceeded": Finish.length,
    "stop_sequence": Finish.stop_sequence,
    "tool_use": Finish.tools,
    "pause_turn": Finish.pause,
    "refusal": Finish.refusal,
}
KNOWN = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})  # the blocks that the middle has a word for
_WRITTEN_FINISHES = {
    Finish.stop: "end_turn",
    Finish.length: "max_tokens",
    Finish.stop_sequence: "stop_sequence",
    Finish.tools: "tool_use",
    Finish.pause: "pause_turn",
    Finish.refusal: "refusal",
    Finish.filter: "refusal",
}
# A refusal's words are shown as text.
LACKS: Lacks = {
    **dict.fromkeys(("refusal", "finish.filter"), APPROXIMATED),
    **dict.fromkeys((*MEDIA, "citations.place", "logprobs", "candidates"), DROPPED),
}

_write = msgspec.json.Encoder().encode


class CacheCreation(Struct):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class OutputDetails(Struct):
    thinking_tokens: int | None = None


class ServerTools(Struct):
    web_search_requests: int | None = None
    web_fetch_requests: int | None = None


class WireUsage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use: ServerTools | None = None
    service_tier: str | None = None


class Block(Struct):
    """A block of an answer; of a type that is not known only the type is read."""

    type: str
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: dict[str, Any] | None = None
    citations: list[dict[str, Any]] | None = None


class _Answer(Struct):
    content: list[Block]
    type: str
    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: WireUsage | None = None


_read = msgspec.json.Decoder(_Answer).decode


def read_wire_usage(body: bytes) -> Usage | None:
    """Raises UpstreamFailed when the body is not a message."""
    return read_usage(_decoded(body).usage)


def read_answer(body: bytes) -> Answer:
    """Raises UpstreamFailed when the body is not a message."""
    answer = _decoded(body)
    parts = [part for part in map(_part, answer.content) if part is not None]
    unknown = [block.type for block in answer.content if block.type not in KNOWN]
    unknown += [] if answer.stop_reason is None else unknown_finish(answer.stop_reason)
    finish = None if answer.stop_reason is None else FINISHES.get(answer.stop_reason, Finish.stop)
    return Answer(
        id=answer.id,
        model=answer.model,
        candidates=(Candidate(tuple(parts), finish, answer.stop_sequence),),
        usage=read_usage(answer.usage),
        tier=None if answer.usage is None else answer.usage.service_tier,
        unknown=tuple(unknown),
    )


def unknown_finish(reason: str) -> list[str]:
    """How a reason is named that the middle has no word for."""
    return [] if reason in FINISHES else [f"finish.{reason}"]


def read_usage(usage: WireUsage | None) -> Usage | None:
    """Anthropic's buckets of input are disjoint already; thinking is inside its output."""
    if usage is None or usage.input_tokens is None:
        return None
    created = usage.cache_creation
    short = usage.cache_creation_input_tokens if created is None else created.ephemeral_5m_input_tokens
    thought = usage.output_tokens_details.thinking_tokens if usage.output_tokens_details else None
    searches = usage.server_tool_use
    return Usage(
        input=usage.input_tokens,
        output=None if usage.output_tokens is None else max(0, usage.output_tokens - (thought or 0)),
        cache_read=usage.cache_read_input_tokens,
        reasoning=thought,
        cache_write_5m=short,
        cache_write_1h=None if created is None else created.ephemeral_1h_input_tokens,
        tool_calls=None
        if searches is None
        else (searches.web_search_requests or 0) + (searches.web_fetch_requests or 0),
        tier=usage.service_tier,
    )


def write_answer(answer: Answer, *, id: str, model: str) -> dict[str, Any]:
    """`id` and `model` stand in where the provider said none. Of several candidates there is room for the first."""
    candidate = answer.candidates[0] if answer.candidates else Candidate(())
    return {
        "id": answer.id or id,
        "type": "message",
        "role": "assistant",
        "model": answer.model or model,
        "content": [block for part in candidate.parts for block in _written(part)],
        "stop_reason": write_finish(candidate.finish),
        "stop_sequence": candidate.stop_sequence,
        "usage": write_usage(answer.usage or Usage()),
    }


def write_usage(usage: Usage) -> dict[str, Any]:
    """Input without what the cache gave or took, as this format counts; sound counts as input and output."""
    written: dict[str, Any] = {
        "input_tokens": (usage.input or 0) + (usage.audio_input or 0),
        "output_tokens": usage.all_output,
    }
    if usage.cache_read is not None:
        written["cache_read_input_tokens"] = usage.cache_read
    if usage.cache_write_5m is not None or usage.cache_write_1h is not None:
        short, long = usage.cache_write_5m or 0, usage.cache_write_1h or 0
        written["cache_creation_input_tokens"] = short + long
        written["cache_creation"] = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}
    if usage.reasoning is not None:
        written["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    if usage.tier in ("standard", "priority", "batch"):
        written["service_tier"] = usage.tier
    return written


def write_finish(finish: Finish | None) -> str:
    return "end_turn" if finish is None else _WRITTEN_FINISHES[finish]


def _decoded(body: bytes) -> _Answer:
    try:
        answer = _read(body)
    except UNREADABLE as error:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not a message") from error
    if answer.type != "message":
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not a message")
    return answer


def _part(block: Block) -> Part | None:
    if block.type == "text":
        return Text(block.text or "", citations=tuple([read_citation(one) for one in block.citations or ()]))
    if block.type == "thinking":
        return Thinking(block.thinking or "", Seal(NAME, block.signature) if block.signature else None)
    if block.type == "redacted_thinking":
        return Thinking("", Seal(NAME, block.data or "", REDACTED))
    if block.type == "tool_use":
        return ToolUse(block.id or "", block.name or "", _write(block.input or {}).decode())
    return None


def _written(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, Text):
        text: dict[str, Any] = {"type": "text", "text": part.text}
        if part.citations:
            text["citations"] = [write_citation(citation) for citation in part.citations]
        return [text]
    if isinstance(part, Thinking):
        return [written_thinking(part)]
    if isinstance(part, Refusal):
        return [{"type": "text", "text": part.text}]
    if isinstance(part, ToolUse):
        use = {"type": "tool_use", "id": part.id, "name": part.name, "input": as_object(part.arguments)}
        return [use] if part.seal is None else [written_tool_seal(part.id, part.seal), use]
    return []  # the format has no media in answers
