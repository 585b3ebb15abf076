"""What a caller's dialect cannot show of a provider's answer lives here: found in the answer, told as losses of it.

A served dialect says in its `lacks` what becomes of a thing that it has no exact word for; whatever is not named
there it shows as it was. What a provider said that the middle itself has no word for is lost to every caller.
"""

from __future__ import annotations

from collections.abc import Mapping

from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Citation,
    Cited,
    Ended,
    Event,
    Finish,
    Media,
    MediaKind,
    MediaMade,
    Part,
    Refusal,
    RefusalPiece,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    ToolUse,
    Unknown,
)
from aigne_hub.dialects.fidelity import Losses

# Media that were made, as they are named below.
MEDIA = frozenset(name for kind in MediaKind for name in (kind.value, f"{kind.value}.url"))
OF_ANSWER = "answer."  # before the name of whatever is lost of an answer and not of a request

DROPPED, APPROXIMATED = "dropped", "approximated"

Lacks = Mapping[str, str]
"""How a dialect falls short of an answer, by the thing: DROPPED, or APPROXIMATED when something near it is shown.

Things are `citations` and what one may have (`citations.quote`, `citations.place`), `refusal`, `thinking` and
`thinking.seal`, `tool_use` and `tool_use.seal` (which the next turn of a tool round needs), `image`, `audio`, `video`
and `file` (`image.url` and so on when they are at an address), `finish.` with why an answer ended, `stop_sequence`
(the word), `logprobs` and `candidates` (all but the first). What is used is counted in the record: it is no loss here.
"""


class Showing:
    """Notes what is lost of one answer, whole or streamed, on its way to a caller whose dialect `lacks` this."""

    __slots__ = ("_has_tools", "_is_sealed", "_lacks", "_losses")

    def __init__(self, lacks: Lacks, losses: Losses) -> None:
        self._lacks = lacks
        self._losses = losses
        self._is_sealed = self._has_tools = False

    def answer(self, answer: Answer) -> None:
        for thing in answer.unknown:
            self._losses.dropped(OF_ANSWER + thing)
        if len(answer.candidates) > 1:
            self._note("candidates")
        for candidate in answer.candidates:
            self._candidate(candidate)

    def events(self, events: list[Event]) -> None:
        """Of a stream; nearly all of them are pieces of text, so those are looked at first."""
        for event in events:
            kind = type(event)
            if kind is TextPiece:
                if event.logprobs:  # type: ignore[union-attr]
                    self._note("logprobs")
            elif kind in _TELLING:
                self._event(event)

    def _candidate(self, candidate: Candidate) -> None:
        for part in candidate.parts:
            self._part(part)
        if candidate.logprobs is not None:
            self._note("logprobs")
        self._end(candidate.finish, candidate.stop_sequence)

    def _part(self, part: Part) -> None:
        if isinstance(part, Text):
            for citation in part.citations:
                self._citation(citation)
        elif isinstance(part, Thinking):
            if part.text:
                self._note("thinking")
            self._is_sealed = self._is_sealed or part.seal is not None
        elif isinstance(part, ToolUse):
            self._tool(is_sealed=part.seal is not None)
        elif isinstance(part, Refusal):
            self._note("refusal")
        elif isinstance(part, Media):
            self._media(part)

    def _event(self, event: Event) -> None:
        if isinstance(event, ThinkingPiece):
            self._note("thinking")
        elif isinstance(event, ThinkingSealed):
            self._is_sealed = True
        elif isinstance(event, ToolStarted):
            self._tool(is_sealed=event.seal is not None)
        elif isinstance(event, Cited):
            self._citation(event.citation)
        elif isinstance(event, RefusalPiece):
            self._note("refusal")
        elif isinstance(event, MediaMade):
            self._media(event.media)
        elif isinstance(event, Ended):
            if event.choice:
                self._note("candidates")
            self._end(event.finish, event.stop_sequence)
        elif isinstance(event, Unknown):
            self._losses.dropped(OF_ANSWER + event.thing)

    def _citation(self, citation: Citation) -> None:
        self._note("citations")
        if citation.quote is not None:
            self._note("citations.quote")
        if citation.start is not None:
            self._note("citations.place")

    def _tool(self, *, is_sealed: bool) -> None:
        self._note("tool_use")
        self._has_tools = True
        if is_sealed:
            self._note("tool_use.seal")

    def _media(self, media: Media) -> None:
        self._note(media.kind.value if media.url is None else f"{media.kind.value}.url")

    def _end(self, finish: Finish | None, stop_sequence: str | None) -> None:
        """Which seals must come back shows only now: those of thoughts that led to tools."""
        if self._is_sealed:
            self._note("tool_use.seal" if self._has_tools else "thinking.seal")
        self._is_sealed = self._has_tools = False
        if finish is not None:
            self._note(f"finish.{finish.value}")
        if stop_sequence is not None:
            self._note("stop_sequence")

    def _note(self, thing: str) -> None:
        how = self._lacks.get(thing)
        if how == DROPPED:
            self._losses.dropped(OF_ANSWER + thing)
        elif how is not None:
            self._losses.approximated(OF_ANSWER + thing)


_TELLING = frozenset(
    {Cited, Ended, MediaMade, RefusalPiece, ThinkingPiece, ThinkingSealed, ToolStarted, Unknown}
)  # fmt: skip
