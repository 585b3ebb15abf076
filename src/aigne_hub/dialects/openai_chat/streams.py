"""Streamed answers of Chat Completions live here, read into the middle's events and written from them.

Source: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects import media, sse
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Cited,
    Ended,
    Event,
    Finish,
    MediaKind,
    MediaMade,
    RefusalPiece,
    Started,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Unknown,
    Used,
)
from aigne_hub.dialects.logprobs import read_tokens
from aigne_hub.dialects.openai_chat.answers import (
    FINISHES,
    Said,
    Use,
    WireUsage,
    read_citation,
    read_images,
    read_usage,
    sealed_detail,
    unknown_finish,
    write_citation,
    write_finish,
    write_usage,
)
from aigne_hub.dialects.openai_errors import error_of_event
from aigne_hub.dialects.usage import Usage

DONE = sse.event(b"[DONE]")

Finishing = Callable[[dict[str, Any], Usage | None], bytes]


class _Choice(Struct):
    index: int = 0
    delta: Said | None = None
    finish_reason: str | None = None
    logprobs: dict[str, Any] | None = None


class _Chunk(Struct):
    id: str | None = None
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: WireUsage | None = None
    service_tier: str | None = None
    error: msgspec.Raw | UnsetType = UNSET


_read = msgspec.json.Decoder(_Chunk).decode


class Reader:
    """Takes a provider's chunks."""

    def __init__(self) -> None:
        self.error: HubError | None = None
        self._splitter = sse.EventSplitter()
        self._has_started = False
        self._is_done = False
        self._tools: dict[tuple[int, int], str] = {}  # the id of each tool use that has begun

    def feed(self, data: bytes) -> list[Event]:
        """The events of the chunks that are whole. Raises UpstreamFailed when one is no chunk."""
        events: list[Event] = []
        for said in sse.datas_of(self._splitter.feed(data)):
            self._take(said, events)
        return events

    def finish(self) -> list[Event]:
        """Raises UpstreamFailed when the stream ended before its end."""
        if not self._is_done and self._splitter.rest().strip() != b"data: [DONE]":
            raise UpstreamFailed(Failure.broken, "the provider ended the stream before its end")
        return []

    def _take(self, data: bytes, events: list[Event]) -> None:
        if self._is_done or self.error is not None:
            return
        if data == b"[DONE]":
            self._is_done = True
            return
        try:
            chunk = _read(data)
        except UNREADABLE as error:
            raise UpstreamFailed(Failure.malformed, "the provider sent an event that is not a chat chunk") from error
        if chunk.error is not UNSET and bytes(chunk.error) != b"null":
            self.error = error_of_event(data)
            return
        if not self._has_started:
            self._has_started = True
            events.append(Started(chunk.id, chunk.model))
        for choice in chunk.choices or ():
            tokens = () if choice.logprobs is None else read_tokens(choice.logprobs.get("content"))
            if choice.delta is not None or tokens:
                self._said(choice.delta or Said(), tokens, choice.index, events)
            if choice.finish_reason is not None:
                events += [Unknown(thing) for thing in unknown_finish(choice.finish_reason)]
                events.append(Ended(FINISHES.get(choice.finish_reason, Finish.stop), choice=choice.index))
        usage = read_usage(chunk.usage, chunk.service_tier)
        if usage is not None:
            events.append(Used(usage))

    def _said(self, said: Said, tokens: tuple[dict[str, Any], ...], choice: int, events: list[Event]) -> None:
        if said.thought:
            events.append(ThinkingPiece(said.thought, choice))
        if said.content or tokens:
            events.append(TextPiece(said.content or "", choice, tokens))
        if said.refusal:
            events.append(RefusalPiece(said.refusal, choice))
        for annotation in said.annotations or ():
            citation = read_citation(annotation)
            if citation is not None:
                events.append(Cited(citation, choice))
        events += [MediaMade(picture, choice) for picture in read_images(said.images or [])]
        events += [Unknown(thing, choice) for thing in said.unknown]
        if said.audio is not None:
            events.append(Unknown("audio", choice))  # its pieces are bare samples: none is a file of its own
        for i, use in enumerate(said.tool_calls or ()):
            self._used(use, i, choice, events)

    def _used(self, use: Use, place: int, choice: int, events: list[Event]) -> None:
        index = place if use.index is None else use.index
        kept = self._tools.get((choice, index))
        if kept is not None and use.id and use.id != kept:
            # Some providers number every tool use 0 and tell them apart by their ids alone.
            index = 1 + max(at for of, at in self._tools if of == choice)
            kept = None
        function = use.function
        if kept is None:
            id = use.id or f"call_{choice}_{index}"
            self._tools[(choice, index)] = id
            events.append(ToolStarted(index, id, (function.name if function else None) or "", use.seal, choice))
        if function is not None and function.arguments:
            events.append(ArgumentsPiece(index, function.arguments, choice))


class Writer:
    """Writes chunks for a client. `finished` gives each its last touch: the hybrid's older fields, or none.

    With the chunk of the usage it gets what that tells of.
    """

    def __init__(self, *, id: str, model: str, created_s: int, wants_usage: bool, finished: Finishing) -> None:
        self._head: dict[str, Any] = {
            "id": id,
            "object": "chat.completion.chunk",
            "created": created_s,
            "model": model,
        }
        self._wants_usage = wants_usage
        self._finished = finished
        self._usage: Usage | None = None
        self._begun: set[int] = set()
        self._thoughts: dict[int, str] = {}

    def write(self, events: list[Event]) -> bytes:
        """The chunks of these events."""
        chunks = []
        for event in events:
            if isinstance(event, Started):
                self._head["id"] = event.id or self._head["id"]
                self._head["model"] = event.model or self._head["model"]
            elif isinstance(event, Used):
                self._usage = event.usage
            elif isinstance(event, Ended):
                chunks.append(self._chunk(event.choice, {}, write_finish(event.finish)))
            else:
                delta = self._delta(event)
                if delta is not None:
                    tokens = event.logprobs if isinstance(event, TextPiece) else ()
                    chunks.append(self._chunk(event.choice, delta, tokens=tokens))
        return b"".join(chunks)

    def finish(self) -> bytes:
        """The usage, if the client wants it, and the end."""
        if not self._wants_usage or self._usage is None:
            return DONE
        chunk = {**self._head, "choices": [], "usage": write_usage(self._usage)}
        return sse.event(self._finished(chunk, self._usage)) + DONE

    def _delta(self, event: Event) -> dict[str, Any] | None:
        if isinstance(event, TextPiece):
            return {"content": event.text}
        if isinstance(event, ThinkingPiece):
            self._thoughts[event.choice] = self._thoughts.get(event.choice, "") + event.text
            return {"reasoning_content": event.text}
        if isinstance(event, ThinkingSealed):
            thought = Thinking(self._thoughts.pop(event.choice, ""), event.seal)
            return {"reasoning_details": [sealed_detail(thought)]}
        if isinstance(event, ToolStarted):
            use: dict[str, Any] = {
                "index": event.index,
                "id": event.id,
                "type": "function",
                "function": {"name": event.name, "arguments": ""},
            }
            if event.seal is not None and event.seal.of == "gemini":
                use["extra_content"] = {"google": {"thought_signature": event.seal.value}}
            return {"tool_calls": [use]}
        if isinstance(event, ArgumentsPiece):
            return {"tool_calls": [{"index": event.index, "function": {"arguments": event.json}}]}
        if isinstance(event, RefusalPiece):
            return {"refusal": event.text}
        if isinstance(event, Cited):
            return {"annotations": [write_citation(event.citation)]}
        if isinstance(event, MediaMade) and event.media.kind is MediaKind.image:
            url = event.media.url or media.data_url(event.media)
            return {"images": [{"type": "image_url", "image_url": {"url": url}}]}
        return None

    def _chunk(
        self,
        choice: int,
        delta: dict[str, Any],
        finish: str | None = None,
        tokens: tuple[dict[str, Any], ...] = (),
    ) -> bytes:
        if choice not in self._begun:
            self._begun.add(choice)
            delta = {"role": "assistant", **delta}
        written: dict[str, Any] = {"index": choice, "delta": delta, "finish_reason": finish}
        if tokens:
            written["logprobs"] = {"content": list(tokens), "refusal": None}
        return sse.event(self._finished({**self._head, "choices": [written]}, None))
