"""Native answers live here, whole and streamed. Source: contract 2.4."""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects import seals, sse
from aigne_hub.dialects.arguments import as_object
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.call import Label
from aigne_hub.dialects.chat import (
    Answer,
    ArgumentsPiece,
    Candidate,
    Event,
    Media,
    MediaMade,
    Refusal,
    RefusalPiece,
    Started,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    ToolStarted,
    ToolUse,
    Used,
)
from aigne_hub.dialects.native.read_request import NAME
from aigne_hub.dialects.showing import APPROXIMATED, DROPPED, Lacks
from aigne_hub.dialects.usage import Usage

# It has no word for why an answer ended; that tools are wanted shows by itself. A refusal's words are shown as text.
LACKS: Lacks = {
    "refusal": APPROXIMATED,
    **dict.fromkeys(("citations", "thinking.seal", "stop_sequence", "logprobs", "candidates"), DROPPED),
    **dict.fromkeys(("finish.length", "finish.filter", "finish.refusal", "finish.pause"), DROPPED),
}

_write = msgspec.json.Encoder().encode
_read_any = msgspec.json.Decoder().decode


def write_answer(answer: Answer, label: Label, *, wants_json: bool) -> dict[str, Any]:
    """What is not there is left out, never null."""
    candidate = answer.candidates[0] if answer.candidates else Candidate(())
    text = "".join([part.text for part in candidate.parts if isinstance(part, Text | Refusal)])
    thoughts = "".join([part.text for part in candidate.parts if isinstance(part, Thinking)])
    uses = _written_uses(
        [part for part in candidate.parts if isinstance(part, ToolUse)],
        [part for part in candidate.parts if isinstance(part, Thinking)],
    )
    files = [_written_file(part) for part in candidate.parts if isinstance(part, Media)]
    written = _text_or_json(text, wants_json=wants_json)
    for name, value in (("thoughts", thoughts), ("toolCalls", uses), ("files", files)):
        if value:
            written[name] = value
    return written | _about(answer.model, answer.usage, label)


class Writer:
    """Writes a stream: text as it comes, everything else when it is whole, for a client merges it by name.

    With structured output the text is the JSON, and comes as a value at the end.
    """

    def __init__(self, label: Label, *, wants_json: bool) -> None:
        self._label = label
        self._wants_json = wants_json
        self._model: str | None = None
        self._usage: Usage | None = None
        self._text: list[str] = []
        self._uses: dict[int, ToolStarted] = {}
        self._arguments: dict[int, list[str]] = {}
        self._thought: list[str] = []  # since the last seal
        self._sealed: list[Thinking] = []
        self.files: list[Media] = []

    def write(self, events: list[Event]) -> bytes:
        return b"".join([self._piece(event) for event in events])

    def finish(self) -> bytes:
        rest: dict[str, Any] = {}
        if self._wants_json:
            rest = _text_or_json("".join(self._text), wants_json=True)
        if self._uses:
            uses = [
                ToolUse(use.id, use.name, "".join(self._arguments.get(index, ())), use.seal)
                for index, use in sorted(self._uses.items())
            ]
            rest["toolCalls"] = _written_uses(uses, self._sealed)
        if self.files:
            rest["files"] = [_written_file(file) for file in self.files]
        before = _json(rest) if rest else b""
        return before + _json(_about(self._model, self._usage, self._label))

    def _piece(self, event: Event) -> bytes:
        if isinstance(event, Started):
            self._model = event.model
        elif isinstance(event, Used):
            self._usage = event.usage
        elif event.choice:
            return b""
        elif isinstance(event, TextPiece | RefusalPiece):
            if not self._wants_json:
                return _text("text", event.text)
            self._text.append(event.text)
        elif isinstance(event, ThinkingPiece):
            self._thought.append(event.text)
            return _text("thoughts", event.text)
        elif isinstance(event, ThinkingSealed):
            self._sealed.append(Thinking("".join(self._thought), event.seal))
            self._thought = []
        elif isinstance(event, ToolStarted):
            self._uses[event.index] = event
        elif isinstance(event, ArgumentsPiece):
            self._arguments.setdefault(event.index, []).append(event.json)
        elif isinstance(event, MediaMade):
            self.files.append(event.media)
        return b""


def write_usage(usage: Usage, label: Label) -> dict[str, Any]:
    """Disjoint counts, as the reference bills them; a client refuses a usage without its first two."""
    written: dict[str, Any] = {
        "inputTokens": (usage.input or 0) + (usage.audio_input or 0),
        "outputTokens": usage.all_output,
    }
    if usage.cache_read is not None:
        written["cacheReadInputTokens"] = usage.cache_read
    if usage.cache_write_5m is not None or usage.cache_write_1h is not None:
        written["cacheCreationInputTokens"] = (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0)
    return written | label.marks(usage)


def _about(model: str | None, usage: Usage | None, label: Label) -> dict[str, Any]:
    about: dict[str, Any] = {"model": model or label.target.partition("/")[2], "modelWithProvider": label.target}
    if usage is not None:
        about["usage"] = write_usage(usage, label)
    return about


def _text_or_json(text: str, *, wants_json: bool) -> dict[str, Any]:
    if wants_json and (value := _parsed(text)) is not None:
        return {"json": value}
    return {"text": text} if text else {}


def _parsed(text: str) -> Any:
    """The JSON object of an answer, also of one that put it into a code fence; None when it is none."""
    text = text.strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0]
    try:
        value = _read_any(text.encode())
    except UNREADABLE:
        return None
    return value if isinstance(value, dict) else None


def _written_uses(uses: list[ToolUse], thoughts: list[Thinking]) -> list[dict[str, Any]]:
    """The calls; with the first go the sealed thoughts that led to them, as a client sends back a call's metadata.

    In its own words for thoughts there is no place for a seal, and it does not send them back with the calls.
    """
    written = [_written_use(use) for use in uses]
    sealed = [
        {"text": thought.text, "seal": seals.shown(thought.seal, NAME)}
        for thought in thoughts
        if thought.seal is not None
    ]
    if written and sealed:
        written[0].setdefault("metadata", {})["thoughts"] = sealed
    return written


def _written_use(use: ToolUse) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": use.id,
        "type": "function",
        "function": {"name": use.name, "arguments": as_object(use.arguments)},
    }
    if use.seal is not None:
        written["metadata"] = {"seal": seals.shown(use.seal, NAME)}
    return written


def _written_file(file: Media) -> dict[str, Any]:
    written: dict[str, Any] = (
        {"type": "url", "url": file.url} if file.url is not None else {"type": "file", "data": file.data}
    )
    if file.mime is not None:
        written["mimeType"] = file.mime
    if file.name is not None:
        written["filename"] = file.name
    return written


def _text(key: str, text: str) -> bytes:
    return sse.event(_write({"delta": {"text": {key: text}}}))


def _json(fields: dict[str, Any]) -> bytes:
    return sse.event(_write({"delta": {"json": fields}}))
