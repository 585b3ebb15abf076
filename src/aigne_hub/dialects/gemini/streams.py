"""Streamed answers of generateContent live here, read into the middle's events and written from them.

Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent. Every event is an answer of
its own that holds what is new; the stream ends where it ends, and is whole when it said why.
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects import sse
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.chat import (
    ArgumentsPiece,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    MediaMade,
    RefusalPiece,
    Started,
    Text,
    TextPiece,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    Unknown,
    Used,
)
from aigne_hub.dialects.gemini import signatures
from aigne_hub.dialects.gemini.answers import (
    WireAnswer,
    WireCandidate,
    WirePart,
    call_id,
    read_finish,
    write_finish,
    written_call,
    written_media,
)
from aigne_hub.dialects.gemini.grounding import write_grounding
from aigne_hub.dialects.gemini.logprobs import read_logprobs, write_tokens
from aigne_hub.dialects.gemini.usage import read_usage, write_usage
from aigne_hub.dialects.openai_errors import error_of_event
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode


class WireEvent(WireAnswer, rename="camel"):
    error: Any = None

    @property
    def is_ending(self) -> bool:
        """Whether it says why the answer ended, or that there will be none."""
        return self.is_blocked or any(one.finish_reason is not None for one in self.candidates or ())


_read_event = msgspec.json.Decoder(WireEvent).decode


def read_event(data: bytes) -> WireEvent:
    """Raises UpstreamFailed when the data of an event is not of this format."""
    try:
        return _read_event(data)
    except UNREADABLE as error:
        raise UpstreamFailed(Failure.malformed, "the provider sent an event that is not one of Gemini") from error


def last_event(rest: bytes) -> bytes | None:
    """The data of the last event when its blank line did not come; None when the event is not whole either."""
    data = sse.data_of(rest)
    try:
        if data is not None:
            _read_event(data)
    except UNREADABLE:
        return None
    return data


def unfinished(rest: bytes) -> UpstreamFailed:
    """Why a stream ended too early; an error may have come as JSON without an event around it."""
    said = rest.strip()
    if said.startswith((b"{", b"[")):
        return error_of_event(said.strip(b"[]"))
    return UpstreamFailed(Failure.broken, "the provider ended the stream before its end")


class Reader:
    """Takes a provider's events."""

    def __init__(self) -> None:
        self.error: HubError | None = None
        self._splitter = sse.EventSplitter()
        self._id: str | None = None
        self._has_started = False
        self._is_whole = False
        self._calls: dict[int, int] = {}  # how many functions each candidate has called
        self._texts: dict[int, str] = {}  # what each candidate has said

    def feed(self, data: bytes) -> list[Event]:
        """Raises UpstreamFailed when the bytes are not events of this format."""
        events: list[Event] = []
        for said in sse.datas_of(self._splitter.feed(data)):
            if self.error is None:
                self._take(said, events)
        return events

    def finish(self) -> list[Event]:
        """Raises UpstreamFailed when the stream ended before its end."""
        events: list[Event] = []
        if (last := last_event(self._splitter.rest())) is not None and self.error is None:
            self._take(last, events)
        if self.error is not None:
            raise self.error
        if not self._is_whole:
            raise unfinished(self._splitter.rest())
        return events

    def _take(self, data: bytes, events: list[Event]) -> None:
        event = read_event(data)
        if event.error is not None:
            self.error = error_of_event(data)
            return
        if not self._has_started:
            self._has_started = True
            self._id = event.response_id
            events.append(Started(event.response_id, event.model_version))
        self._is_whole = self._is_whole or event.is_ending
        for candidate in event.candidates or ():
            self._candidate(candidate, events)
        if event.is_blocked:
            said = event.prompt_feedback.block_reason_message if event.prompt_feedback else None
            events += [RefusalPiece(said)] if said else []
            events.append(Ended(Finish.filter))
        usage = read_usage(event.usage_metadata)
        if usage is not None:
            events.append(Used(usage))

    def _candidate(self, candidate: WireCandidate, events: list[Event]) -> None:
        choice, before = candidate.index, len(events)
        for part in candidate.parts:
            self._part(part, choice, events)
        events += [Unknown(thing, choice) for thing in candidate.unknown]
        if candidate.logprobs_result is not None:
            _add_logprobs(candidate, events, before)
        for _, citation in candidate.citations(lambda _: self._texts.get(choice, "")):
            events.append(Cited(citation, choice))
        if candidate.finish_reason is not None:
            has_calls = self._calls.get(choice, 0) > 0
            events.append(Ended(read_finish(candidate.finish_reason, has_calls=has_calls), choice=choice))

    def _part(self, part: WirePart, choice: int, events: list[Event]) -> None:
        if part.function_call is not None:
            index = self._calls.get(choice, 0)
            self._calls[choice] = index + 1
            call = part.function_call
            events.append(ToolStarted(index, call_id(call, self._id, index), call.name, part.seal, choice))
            events.append(ArgumentsPiece(index, _write(call.args or {}).decode(), choice))
            return
        if part.text:
            events.append(ThinkingPiece(part.text, choice) if part.thought else TextPiece(part.text, choice))
            if not part.thought:
                self._texts[choice] = self._texts.get(choice, "") + part.text
        elif (made := part.media) is not None:
            events.append(MediaMade(made, choice))
        if part.seal is not None:
            events.append(ThinkingSealed(part.seal, choice))


def _add_logprobs(candidate: WireCandidate, events: list[Event], since: int) -> None:
    """Give the first text of an event the probabilities of the event's tokens."""
    found = read_logprobs(candidate.logprobs_result)
    if found is None:
        return
    tokens = tuple(found["content"])
    for i in range(since, len(events)):
        said = events[i]
        if isinstance(said, TextPiece):
            events[i] = msgspec.structs.replace(said, logprobs=tokens)
            return
    events.append(TextPiece("", candidate.index, tokens))


class _Said:
    """What one candidate has said so far, as far as it is not written yet or is needed at the end."""

    def __init__(self) -> None:
        self.calls: dict[int, tuple[ToolStarted, list[str]]] = {}  # begun, but their arguments may still grow
        self.text = ""
        self.citations: list[Citation] = []
        self.finish: Finish | None = None

    def cite(self, citation: Citation) -> None:
        """What does not say where it belongs is of the text since the citation before."""
        if citation.start is None:
            start = (self.citations[-1].end or 0) if self.citations else 0
            citation = msgspec.structs.replace(citation, start=start, end=len(self.text))
        self.citations.append(citation)


class Writer:
    """Writes events for a client; functions are told when their arguments are whole, and the end at the very end."""

    def __init__(self, *, id: str, model: str) -> None:
        self._id = id
        self._model = model
        self._said: dict[int, _Said] = {}
        self._usage = Usage()

    def write(self, events: list[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if isinstance(event, Used):
                self._usage = event.usage
            elif isinstance(event, Started):
                self._id = event.id or self._id
                self._model = event.model or self._model
            else:
                self._take(event, out)
        return b"".join(out)

    def finish(self) -> bytes:
        """The last event: why each candidate ended, what it cites, and what was used."""
        candidates = []
        for choice, said in sorted((self._said or {0: _Said()}).items()):
            candidate: dict[str, Any] = {
                "content": {"parts": _calls(said) or [{"text": ""}], "role": "model"},
                "finishReason": write_finish(said.finish),
                "index": choice,
            }
            grounding = write_grounding([(0, Text(said.text, citations=tuple(said.citations)))])
            if grounding is not None:
                candidate["groundingMetadata"] = grounding
            candidates.append(candidate)
        return self._event({"candidates": candidates, "usageMetadata": write_usage(self._usage)})

    def _take(self, event: Event, out: list[bytes]) -> None:
        assert not isinstance(event, Used | Started)
        said = self._said.setdefault(event.choice, _Said())
        if isinstance(event, ToolStarted):
            said.calls[event.index] = (event, [])
        elif isinstance(event, ArgumentsPiece):
            if event.index in said.calls:
                said.calls[event.index][1].append(event.json)
        elif isinstance(event, Cited):
            said.cite(event.citation)
        elif isinstance(event, Ended):
            said.finish = event.finish
        elif not isinstance(event, Unknown):
            parts = _calls(said)
            if isinstance(event, TextPiece | RefusalPiece):
                said.text += event.text
                parts.append({"text": event.text})
            elif isinstance(event, ThinkingPiece):
                parts.append({"text": event.text, "thought": True})
            elif isinstance(event, ThinkingSealed):
                parts.append({"text": "", "thought": True, "thoughtSignature": signatures.shown(event.seal)})
            else:
                parts.append(written_media(event.media))
            candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": event.choice}
            if isinstance(event, TextPiece) and event.logprobs:
                candidate["logprobsResult"] = write_tokens(event.logprobs)
            out.append(self._event({"candidates": [candidate]}))

    def _event(self, fields: dict[str, Any]) -> bytes:
        return sse.event(_write({**fields, "modelVersion": self._model, "responseId": self._id}))


def _calls(said: _Said) -> list[dict[str, Any]]:
    """The functions that were called, which are told now and not again."""
    found = [
        written_call(begun.id, begun.name, "".join(pieces), begun.seal)
        for _, (begun, pieces) in sorted(said.calls.items())
    ]
    said.calls = {}
    return found
