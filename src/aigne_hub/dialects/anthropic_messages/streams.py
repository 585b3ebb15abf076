"""Streamed answers of Messages live here, read into the middle's events and written from them.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, structs

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects import sse
from aigne_hub.dialects.anthropic_messages.answers import (
    FINISHES,
    KNOWN,
    Block,
    WireUsage,
    read_usage,
    unknown_finish,
    write_finish,
    write_usage,
)
from aigne_hub.dialects.anthropic_messages.blocks import (
    NAME,
    REDACTED,
    read_citation,
    write_citation,
    written_thinking,
    written_tool_seal,
)
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Cited,
    Ended,
    Event,
    Finish,
    RefusalPiece,
    Seal,
    Started,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Unknown,
    Used,
)
from aigne_hub.dialects.openai_errors import error_of_event
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode


class _Message(Struct):
    id: str | None = None
    model: str | None = None
    usage: WireUsage | None = None


class _Delta(Struct):
    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    citation: dict[str, Any] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class WireEvent(Struct):
    type: str
    index: int = 0
    message: _Message | None = None
    content_block: Block | None = None
    delta: _Delta | None = None
    usage: WireUsage | None = None


read_event = msgspec.json.Decoder(WireEvent).decode


class UsageSoFar:
    """The usage of a stream: the beginning tells the input, the end the output, and later words replace earlier."""

    def __init__(self) -> None:
        self._kept = WireUsage()

    def take(self, usage: WireUsage) -> Usage | None:
        said = {name: value for name, value in structs.asdict(usage).items() if value is not None}
        self._kept = structs.replace(self._kept, **said)
        return read_usage(self._kept)


class Reader:
    """Takes a provider's events."""

    def __init__(self) -> None:
        self.error: HubError | None = None
        self._splitter = sse.EventSplitter()
        self._usage = UsageSoFar()
        self._tools: dict[int, int] = {}  # which tool use a block is, by the block's index
        self._is_done = False

    def feed(self, data: bytes) -> list[Event]:
        """Raises UpstreamFailed when the bytes are not events of this format."""
        events: list[Event] = []
        for said in sse.datas_of(self._splitter.feed(data)):
            if not self._is_done and self.error is None:
                self._take(said, events)
        return events

    def finish(self) -> list[Event]:
        """Raises UpstreamFailed when the stream ended before its end."""
        if not self._is_done:
            raise UpstreamFailed(Failure.broken, "the provider ended the stream before its end")
        return []

    def _take(self, data: bytes, events: list[Event]) -> None:
        try:
            event = read_event(data)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider sent an event that is not one of Messages") from error
        if event.type == "content_block_delta" and event.delta is not None:
            self._delta(event.delta, event.index, events)
        elif event.type == "content_block_start" and event.content_block is not None:
            self._begin(event.content_block, event.index, events)
        elif event.type == "message_start" and event.message is not None:
            events.append(Started(event.message.id, event.message.model))
            self._use(event.message.usage, events)
        elif event.type == "message_delta":
            if event.delta is not None and event.delta.stop_reason is not None:
                finish = FINISHES.get(event.delta.stop_reason, Finish.stop)
                events += [Unknown(thing) for thing in unknown_finish(event.delta.stop_reason)]
                events.append(Ended(finish, event.delta.stop_sequence))
            self._use(event.usage, events)
        elif event.type == "message_stop":
            self._is_done = True
        elif event.type == "error":
            self.error = error_of_event(data)

    def _use(self, usage: WireUsage | None, events: list[Event]) -> None:
        if usage is not None and (read := self._usage.take(usage)) is not None:
            events.append(Used(read))

    def _begin(self, block: Block, index: int, events: list[Event]) -> None:
        if block.type == "tool_use":
            number = self._tools[index] = len(self._tools)
            events.append(ToolStarted(number, block.id or "", block.name or ""))
            if block.input:
                events.append(ArgumentsPiece(number, _write(block.input).decode()))
        elif block.type == "redacted_thinking":
            events.append(ThinkingSealed(Seal(NAME, block.data or "", REDACTED)))
        elif block.type == "text" and block.text:
            events.append(TextPiece(block.text))
        elif block.type == "thinking" and block.thinking:
            events.append(ThinkingPiece(block.thinking))
        elif block.type not in KNOWN:
            events.append(Unknown(block.type))

    def _delta(self, delta: _Delta, index: int, events: list[Event]) -> None:
        if delta.type == "text_delta":
            events.append(TextPiece(delta.text or ""))
        elif delta.type == "input_json_delta":
            if index in self._tools and delta.partial_json:
                events.append(ArgumentsPiece(self._tools[index], delta.partial_json))
        elif delta.type == "thinking_delta":
            events.append(ThinkingPiece(delta.thinking or ""))
        elif delta.type == "signature_delta":
            events.append(ThinkingSealed(Seal(NAME, delta.signature or "")))
        elif delta.type == "citations_delta" and delta.citation is not None:
            events.append(Cited(read_citation(delta.citation)))


class Writer:
    """Writes events for a client. The format has room for one candidate; the others' pieces are left out."""

    def __init__(self, *, id: str, model: str) -> None:
        self._id = id
        self._model = model
        self._has_begun = False
        self._next = 0  # the index of the next block
        self._open: str | None = None  # the kind of the block that is open, if one is
        self._thought = ""
        self._tools: dict[int, int] = {}  # the block of each tool use
        self._finish: Finish | None = None
        self._stop_sequence: str | None = None
        self._usage = Usage()

    def begin(self) -> bytes:
        """What a stream begins with; said once."""
        out: list[bytes] = []
        self._begin(out)
        return b"".join(out)

    def write(self, events: list[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            self._take(event, out)
        return b"".join(out)

    def finish(self) -> bytes:
        out: list[bytes] = []
        self._begin(out)
        self._close(out)
        delta = {"stop_reason": write_finish(self._finish), "stop_sequence": self._stop_sequence}
        out.append(_event("message_delta", {"delta": delta, "usage": write_usage(self._usage)}))
        out.append(_event("message_stop", {}))
        return b"".join(out)

    def _take(self, event: Event, out: list[bytes]) -> None:
        if isinstance(event, Used):
            self._usage = event.usage
            return
        if isinstance(event, Started):
            self._id = event.id or self._id
            self._model = event.model or self._model
            return
        if event.choice:
            return
        self._begin(out)
        if isinstance(event, TextPiece | RefusalPiece):
            self._within("text", {"type": "text", "text": ""}, out)
            self._delta({"type": "text_delta", "text": event.text}, out)
        elif isinstance(event, ThinkingPiece):
            self._within("thinking", {"type": "thinking", "thinking": "", "signature": ""}, out)
            self._thought += event.text
            self._delta({"type": "thinking_delta", "thinking": event.text}, out)
        elif isinstance(event, ThinkingSealed):
            self._seal(event.seal, out)
        elif isinstance(event, ToolStarted):
            self._start_tool(event, out)
        elif isinstance(event, ArgumentsPiece):
            delta = {"type": "input_json_delta", "partial_json": event.json}
            self._delta(delta, out, at=self._tools.get(event.index))
        elif isinstance(event, Cited):
            self._within("text", {"type": "text", "text": ""}, out)
            self._delta({"type": "citations_delta", "citation": write_citation(event.citation)}, out)
        elif isinstance(event, Ended):
            self._finish, self._stop_sequence = event.finish, event.stop_sequence

    def _begin(self, out: list[bytes]) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        message: dict[str, Any] = {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(self._usage),
        }
        out.append(_event("message_start", {"message": message}))

    def _within(self, kind: str, block: dict[str, Any], out: list[bytes]) -> None:
        """Have a block of this kind open."""
        if self._open == kind:
            return
        self._close(out)
        out.append(_event("content_block_start", {"index": self._next, "content_block": block}))
        self._open = kind
        self._next += 1

    def _close(self, out: list[bytes]) -> None:
        if self._open is None:
            return
        out.append(_event("content_block_stop", {"index": self._next - 1}))
        self._open = None
        self._thought = ""

    def _delta(self, delta: dict[str, Any], out: list[bytes], *, at: int | None = None) -> None:
        index = self._next - 1 if at is None else at
        out.append(_event("content_block_delta", {"index": index, "delta": delta}))

    def _seal(self, seal: Seal, out: list[bytes]) -> None:
        block = written_thinking(Thinking(self._thought if self._open == "thinking" else "", seal))
        if block["type"] == "redacted_thinking":
            self._close(out)
            self._within("sealed", block, out)
        else:
            self._within("thinking", {"type": "thinking", "thinking": "", "signature": ""}, out)
            self._delta({"type": "signature_delta", "signature": block["signature"]}, out)
        self._close(out)

    def _start_tool(self, event: ToolStarted, out: list[bytes]) -> None:
        if event.seal is not None:
            self._close(out)
            self._within("sealed", written_tool_seal(event.id, event.seal), out)
        self._close(out)
        self._within("tool", {"type": "tool_use", "id": event.id, "name": event.name, "input": {}}, out)
        self._tools[event.index] = self._next - 1


def _event(name: str, fields: dict[str, Any]) -> bytes:
    return sse.named_event(name.encode(), _write({"type": name, **fields}))
