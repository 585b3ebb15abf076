"""What an answer can say, one thing at a time: an answer for each feature, in the middle's words, whole and streamed.

Each has a mark that stands in whatever shows it, and nowhere else; a feature that is a word has it by being told apart
from the same answer without it.
"""

from __future__ import annotations

import base64
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from aigne_hub.dialects.chat import (
    Answer,
    ArgumentsPiece,
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
    Seal,
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
from aigne_hub.dialects.logprobs import read_tokens
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import PIXEL

SEAL = Seal("elsewhere", "c2VhbGVkIQ")  # of a provider whose dialect no caller speaks
USE = ToolUse("call_7", "weather", '{"city":"Bern"}')
TOKEN = {"token": "Well", "bytes": [87, 101, 108, 108], "logprob": -0.25, "top_logprobs": []}
SITE = "https://cited.example/page"


class Feature(Struct, frozen=True):
    """`things` are what of it a dialect may lack, as showing.py names them; `mark` is what shows it."""

    things: tuple[str, ...]
    answer: Answer
    mark: str = ""


def answer(*parts: Part, finish: Finish = Finish.stop, **fields: Any) -> Answer:
    return Answer("id_7", "m-1", (Candidate(parts, finish, **fields),), Usage(input=3, output=5))


WELL = Text("Well")
PLAIN = answer(WELL)


def _cites(**fields: Any) -> Answer:
    return answer(Text("Well, then", citations=(Citation(SITE, "A page", **fields),)))


def _made(kind: MediaKind, mime: str) -> Feature:
    data = PIXEL if kind is MediaKind.image else base64.b64encode(f"bytes of {kind.value}".encode()).decode()
    return Feature((kind.value,), answer(WELL, Media(kind, mime=mime, data=data)), data)


def _addressed(kind: MediaKind, mime: str) -> Feature:
    url = f"https://made.example/{kind.value}"
    return Feature((f"{kind.value}.url",), answer(WELL, Media(kind, mime=mime, url=url)), url)


def _ended(finish: Finish) -> Feature:
    return Feature((f"finish.{finish.value}",), answer(WELL, finish=finish))


FEATURES: dict[str, Feature] = {
    "text": Feature((), answer(Text("Unheard-of")), "Unheard-of"),
    "thoughts": Feature(("thinking",), answer(Thinking("Hmmm"), WELL), "Hmmm"),
    "seal of thoughts": Feature(("thinking.seal",), answer(Thinking("Hmmm", SEAL), WELL), SEAL.value),
    "tool use": Feature(("tool_use",), answer(WELL, USE, finish=Finish.tools), "Bern"),
    "seal of thoughts before a tool use": Feature(
        ("tool_use.seal",), answer(Thinking("Hmmm", SEAL), USE, finish=Finish.tools), SEAL.value
    ),
    "seal of a tool use": Feature(
        ("tool_use.seal",), answer(replace(USE, seal=Seal("gemini", SEAL.value)), finish=Finish.tools), SEAL.value
    ),
    "refusal": Feature(("refusal",), answer(Refusal("I will not")), "I will not"),
    "what is cited": Feature(("citations",), _cites(), SITE),
    "where it is cited": Feature(("citations", "citations.place"), _cites(start=6, end=10)),
    "the words that are cited": Feature(("citations", "citations.quote"), _cites(quote="as she wrote"), "as she wrote"),
    "picture": _made(MediaKind.image, "image/png"),
    "picture at an address": _addressed(MediaKind.image, "image/png"),
    "sound": _made(MediaKind.audio, "audio/wav"),
    "film": _made(MediaKind.video, "video/mp4"),
    "film at an address": _addressed(MediaKind.video, "video/mp4"),
    "file": _made(MediaKind.file, "application/pdf"),
    "end: length": _ended(Finish.length),
    "end: filter": _ended(Finish.filter),
    "end: refusal": _ended(Finish.refusal),
    "end: pause": _ended(Finish.pause),
    "stop word that was met": Feature(
        ("stop_sequence",), answer(WELL, finish=Finish.stop_sequence, stop_sequence="ENOUGH"), "ENOUGH"
    ),
    "logprobs": Feature(("logprobs",), answer(WELL, logprobs={"content": [TOKEN], "refusal": None}), "-0.25"),
    "several answers": Feature(
        ("candidates",),
        replace(PLAIN, candidates=(*PLAIN.candidates, Candidate((Text("Otherwise"),), Finish.stop))),
        "Otherwise",
    ),
}


def streamed(answer: Answer) -> list[Event]:
    """The answer as a provider's reader tells of it in a stream."""
    events: list[Event] = [Started(answer.id, answer.model)]
    for choice, candidate in enumerate(answer.candidates):
        tokens = read_tokens((candidate.logprobs or {}).get("content"))
        index = 0
        for part in candidate.parts:
            if isinstance(part, ToolUse):
                events += [ToolStarted(index, part.id, part.name, part.seal, choice)]
                events += [ArgumentsPiece(index, part.arguments, choice)]
                index += 1
            else:
                events += _pieces(part, choice, tokens)
        events.append(Ended(candidate.finish or Finish.stop, candidate.stop_sequence, choice))
    return [*events, Used(answer.usage or Usage())]


def _pieces(part: Part, choice: int, tokens: tuple[dict[str, Any], ...]) -> list[Event]:
    if isinstance(part, Text):
        return [TextPiece(part.text, choice, tokens), *[Cited(citation, choice) for citation in part.citations]]
    if isinstance(part, Refusal):
        return [RefusalPiece(part.text, choice)]
    if isinstance(part, Thinking):
        seal = [] if part.seal is None else [ThinkingSealed(part.seal, choice)]
        return [ThinkingPiece(part.text, choice), *seal]
    assert isinstance(part, Media)
    return [MediaMade(part, choice)]
