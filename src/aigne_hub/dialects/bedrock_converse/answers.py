"""Answers of Converse live here, whole and streamed, read into the middle.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects.bedrock_converse.frames import Frame, FrameSplitter
from aigne_hub.dialects.bedrock_converse.write_request import NAME, REDACTED
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    Answer,
    ArgumentsPiece,
    Candidate,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    Part,
    Seal,
    Started,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    ToolUse,
    Unknown,
    Used,
)
from aigne_hub.dialects.openai_errors import safe
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode

FINISHES = {
    "end_turn": Finish.stop,
    "tool_use": Finish.tools,
    "max_tokens": Finish.length,
    "model_context_window_exceeded": Finish.length,
    "stop_sequence": Finish.stop_sequence,
    "guardrail_intervened": Finish.filter,
    "content_filtered": Finish.filter,
    # Nothing that may be called finished came of these.
    "malformed_model_output": Finish.filter,
    "malformed_tool_use": Finish.filter,
}
_FAILURES = {"throttlingException": Failure.throttled, "validationException": Failure.rejected}


class _CacheDetail(Struct):
    ttl: str
    inputTokens: int  # noqa: N815 - the wire's own name


class _Usage(Struct, rename="camel"):
    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    cache_details: list[_CacheDetail] | None = None


class _ReasoningText(Struct):
    text: str = ""
    signature: str | None = None


class _Reasoning(Struct, rename="camel"):
    reasoning_text: _ReasoningText | None = None
    redacted_content: str | None = None
    text: str | None = None
    signature: str | None = None


class _ToolUse(Struct, rename="camel"):
    tool_use_id: str = ""
    name: str = ""
    input: Any = None


class _Web(Struct):
    url: str | None = None


class _Location(Struct):
    web: _Web | None = None


class _Said(Struct):
    text: str = ""


class _Citation(Struct, rename="camel"):
    title: str | None = None
    source_content: list[_Said] | None = None
    location: _Location | None = None


class _Cited(Struct):
    """A text and what it cites; it stands in the place of a text's block."""

    content: list[_Said] | None = None
    citations: list[_Citation] | None = None


class _Block(Struct, rename="camel"):
    text: str | None = None
    citations_content: _Cited | None = None
    citation: _Citation | None = None
    tool_use: _ToolUse | None = None
    reasoning_content: _Reasoning | None = None
    image: Raw | UnsetType = UNSET
    audio: Raw | UnsetType = UNSET
    video: Raw | UnsetType = UNSET
    document: Raw | UnsetType = UNSET
    tool_result: Raw | UnsetType = UNSET
    search_result: Raw | UnsetType = UNSET

    @property
    def unknown(self) -> list[str]:
        """What it is that the middle has no word for, or no reader.

        https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
        """
        others = {
            "image": self.image,
            "audio": self.audio,
            "video": self.video,
            "document": self.document,
            "toolResult": self.tool_result,
            "searchResult": self.search_result,
        }
        return [name for name, value in others.items() if value is not UNSET]


class _Message(Struct):
    content: list[_Block]


class _Output(Struct):
    message: _Message


class _Tier(Struct):
    type: str | None = None


class _Answer(Struct, rename="camel"):
    output: _Output
    stop_reason: str
    usage: _Usage | None = None
    service_tier: _Tier | None = None


class _Piece(Struct, rename="camel"):
    """The payload of any event of a stream."""

    content_block_index: int = 0
    start: _Block | None = None
    delta: _Block | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None
    message: str | None = None


_read = msgspec.json.Decoder(_Answer).decode
_read_piece = msgspec.json.Decoder(_Piece).decode


def read_answer(body: bytes, model: str | None = None) -> Answer:
    """Raises UpstreamFailed when the body is not an answer of Converse."""
    try:
        answer = _read(body)
    except UNREADABLE as error:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not one of Converse") from error
    blocks = answer.output.message.content
    parts = [part for block in blocks if (part := _part(block)) is not None]
    unknown = [thing for block in blocks for thing in block.unknown] + unknown_finish(answer.stop_reason)
    finish = FINISHES.get(answer.stop_reason, Finish.stop)
    tier = answer.service_tier.type if answer.service_tier is not None else None
    usage = read_usage(answer.usage, tier)
    return Answer(None, model, (Candidate(tuple(parts), finish),), usage, tier=tier, unknown=tuple(unknown))


def unknown_finish(reason: str | None) -> list[str]:
    """How a reason is named that the middle has no word for."""
    return [f"finish.{reason}"] if reason and reason not in FINISHES else []


def read_usage(usage: _Usage | None, tier: str | None = None) -> Usage | None:
    """Converse counts what the cache gave and took beside its input, never inside."""
    if usage is None:
        return None
    details = {one.ttl: one.inputTokens for one in usage.cache_details or ()}
    short = details.get("5m", usage.cache_write_input_tokens if not details else 0)
    return Usage(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=usage.cache_read_input_tokens,
        cache_write_5m=short,
        cache_write_1h=details.get("1h"),
        tier=tier,
    )


class Reader:
    """Takes a provider's frames."""

    def __init__(self) -> None:
        self.error: HubError | None = None
        self._splitter = FrameSplitter()
        self._tools: dict[int, int] = {}  # which tool use a block is, by the block's index
        self._has_started = False
        self._has_ended = False

    def feed(self, data: bytes) -> list[Event]:
        """Raises UpstreamFailed when the bytes are not frames of Converse."""
        events: list[Event] = []
        for frame in self._splitter.feed(data):
            if self.error is None:
                self._take(frame, events)
        return events

    def finish(self) -> list[Event]:
        """Raises UpstreamFailed when the stream ended before its end."""
        if not self._has_ended or self._splitter.has_rest:
            raise UpstreamFailed(Failure.broken, "the provider ended the stream before its end")
        return []

    def _take(self, frame: Frame, events: list[Event]) -> None:
        try:
            piece = _read_piece(frame.payload or b"{}")
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider sent an event that is not one of Converse") from error
        if frame.headers.get(":message-type") in ("exception", "error"):
            name = frame.headers.get(":exception-type") or frame.headers.get(":error-code") or ""
            said = safe(piece.message or frame.headers.get(":error-message") or name)
            kind = _FAILURES.get(name, Failure.overloaded)
            self.error = UpstreamFailed(kind, f"the provider reported an error: {said}")
            return
        if not self._has_started:
            self._has_started = True
            events.append(Started())
        event = frame.headers.get(":event-type")
        if event == "contentBlockDelta" and piece.delta is not None:
            self._delta(piece.delta, piece.content_block_index, events)
        elif event == "contentBlockStart" and piece.start is not None:
            self._begin(piece.start, piece.content_block_index, events)
        elif event == "messageStop":
            self._has_ended = True
            events += [Unknown(thing) for thing in unknown_finish(piece.stop_reason)]
            events.append(Ended(FINISHES.get(piece.stop_reason or "", Finish.stop)))
        elif event == "metadata" and (usage := read_usage(piece.usage)) is not None:
            events.append(Used(usage))

    def _begin(self, start: _Block, index: int, events: list[Event]) -> None:
        if start.tool_use is not None:
            number = self._tools[index] = len(self._tools)
            events.append(ToolStarted(number, start.tool_use.tool_use_id, start.tool_use.name))
        events += [Unknown(thing) for thing in start.unknown]

    def _delta(self, delta: _Block, index: int, events: list[Event]) -> None:
        thought = delta.reasoning_content
        if delta.text is not None:
            events.append(TextPiece(delta.text))
        elif delta.citation is not None:
            events.append(Cited(_citation(delta.citation)))
        elif delta.tool_use is not None and index in self._tools:
            events.append(ArgumentsPiece(self._tools[index], str(delta.tool_use.input or "")))
        elif thought is not None and thought.text is not None:
            events.append(ThinkingPiece(thought.text))
        elif thought is not None and thought.signature is not None:
            events.append(ThinkingSealed(Seal(NAME, thought.signature)))
        elif thought is not None and thought.redacted_content is not None:
            events.append(ThinkingSealed(Seal(NAME, thought.redacted_content, REDACTED)))
        else:
            events += [Unknown(thing) for thing in delta.unknown]


def _part(block: _Block) -> Part | None:
    if block.text is not None:
        return Text(block.text)
    if block.tool_use is not None:
        return ToolUse(block.tool_use.tool_use_id, block.tool_use.name, _write(block.tool_use.input or {}).decode())
    if (cited := block.citations_content) is not None:
        said = "".join([one.text for one in cited.content or ()])
        return Text(said, citations=tuple([_citation(one) for one in cited.citations or ()]))
    thought = block.reasoning_content
    if thought is None:
        return None
    if thought.redacted_content is not None:
        return Thinking("", Seal(NAME, thought.redacted_content, REDACTED))
    proven = thought.reasoning_text or _ReasoningText()
    return Thinking(proven.text, Seal(NAME, proven.signature) if proven.signature else None)


def _citation(citation: _Citation) -> Citation:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html"""
    web = citation.location.web if citation.location is not None else None
    quote = "".join([one.text for one in citation.source_content or ()]) or None
    return Citation(url=None if web is None else web.url, title=citation.title, quote=quote)
