"""Streamed answers of Responses live here, read into the middle's events.

Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects import sse
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Cited,
    Ended,
    Event,
    Finish,
    MediaMade,
    RefusalPiece,
    Started,
    TextPiece,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Unknown,
    Used,
)
from aigne_hub.dialects.logprobs import read_tokens
from aigne_hub.dialects.openai_errors import error_of_event
from aigne_hub.dialects.openai_responses.answers import (
    Item,
    WireAnswer,
    failure,
    read_finish,
    read_item,
    read_usage,
)
from aigne_hub.dialects.openai_responses.items import read_annotation, unread

ENDS = frozenset({"response.completed", "response.incomplete"})


class WireEvent(Struct):
    """What is read of an event; servers of other makers leave out the indexes."""

    type: str
    response: WireAnswer | None = None
    item: Raw | UnsetType = UNSET
    item_id: str | None = None
    delta: Any = None
    summary_index: int | None = None
    annotation: Any = None
    logprobs: Any = None


read_event = msgspec.json.Decoder(WireEvent).decode


def error_of(event: WireEvent, data: bytes) -> UpstreamFailed | None:
    """The error that an event tells of, if it does."""
    if event.type == "response.failed" and event.response is not None:
        return failure(event.response)
    return error_of_event(data) if event.type in ("error", "response.failed") else None


class Reader:
    """Takes a provider's events."""

    def __init__(self) -> None:
        self.error: HubError | None = None
        self._splitter = sse.EventSplitter()
        self._has_started = False
        self._is_done = False
        self._tools: dict[str, int] = {}  # which tool use an item is, by the item's id
        self._told: set[str] = set()  # items of which a piece has come

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
        if data == b"[DONE]":
            return
        try:
            event = read_event(data)
            item = None if event.item is UNSET else read_item(event.item)
        except UNREADABLE as error:
            raise UpstreamFailed(
                Failure.malformed, "the provider sent an event that is not one of Responses"
            ) from error
        self.error = error_of(event, data)
        if self.error is not None:
            return
        if not self._has_started:
            self._has_started = True
            head = event.response
            events.append(Started() if head is None else Started(head.id, head.model))
        if item is not None and event.type == "response.output_item.added":
            self._begin(item, events)
        elif item is not None and event.type == "response.output_item.done":
            self._complete(item, events)
        elif event.type in ENDS:
            self._end(event.response, events)
        else:
            self._piece(event, events)

    def _piece(self, event: WireEvent, events: list[Event]) -> None:
        id = event.item_id or ""
        said = event.delta if isinstance(event.delta, str) else ""
        if event.type == "response.output_text.delta":
            events.append(TextPiece(said, logprobs=read_tokens(event.logprobs)))
        elif event.type == "response.refusal.delta":
            events.append(RefusalPiece(said))
        elif event.type in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            events.append(ThinkingPiece(said))
        elif event.type == "response.reasoning_summary_part.added" and event.summary_index:
            events.append(ThinkingPiece("\n\n"))
        elif event.type == "response.function_call_arguments.delta":
            if id in self._tools:
                events.append(ArgumentsPiece(self._tools[id], said))
        elif event.type == "response.output_text.annotation.added":
            citation = read_annotation(event.annotation)
            events += [Unknown(kind) for kind in unread(event.annotation)] if citation is None else [Cited(citation)]
            return
        else:
            return
        self._told.add(id)

    def _begin(self, item: Item, events: list[Event]) -> None:
        if item.type == "function_call":
            index = self._tools[item.id or ""] = len(self._tools)
            events.append(ToolStarted(index, item.call_id or item.id or "", item.name or ""))

    def _complete(self, item: Item, events: list[Event]) -> None:
        """What has not come in pieces comes with its whole item."""
        id = item.id or ""
        is_told = id in self._told
        events += [Unknown(thing) for thing in item.unknown]
        if item.type == "function_call":
            if id not in self._tools:
                self._begin(item, events)
            if not is_told and item.arguments:
                events.append(ArgumentsPiece(self._tools[id], item.arguments))
        elif item.type == "reasoning":
            if not is_told and item.thought:
                events.append(ThinkingPiece(item.thought))
            if item.seal is not None:
                events.append(ThinkingSealed(item.seal))
        elif item.type == "message" and not is_told:
            for part in item.content or ():
                if part.text:
                    events.append(TextPiece(part.text, logprobs=read_tokens(part.logprobs)))
                    found = [read_annotation(one) for one in part.annotations or ()]
                    events += [Cited(citation) for citation in found if citation is not None]
                elif part.refusal:
                    events.append(RefusalPiece(part.refusal))
        elif item.picture is not None:
            events.append(MediaMade(item.picture))

    def _end(self, answer: WireAnswer | None, events: list[Event]) -> None:
        self._is_done = True
        if answer is None:
            events.append(Ended(Finish.stop))
            return
        usage = read_usage(answer.usage, answer.service_tier)
        if usage is not None:
            events.append(Used(usage))
        events.append(Ended(read_finish(answer, has_calls=bool(self._tools))))
