"""What an answer said lives here, in the words of any dialect of chats, for an estimate where no usage is told."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from aigne_hub.dialects import sse
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.words import Words

# What carries a model's words: Chat Completions, Messages, Responses, Gemini and the native format together.
_WORDS = frozenset(
    {
        "content", "text", "delta", "refusal", "reasoning", "reasoning_content", "thinking", "thoughts",
        "arguments", "partial_json", "partialJson",
    }
)  # fmt: skip
_NUMBERS = ("index", "output_index")  # which of several answers, blocks or tools an event goes on with
_DEEPEST = 12
_SAMPLED = 64 << 10  # bytes of a stream that are kept for an estimate; the rest of it is taken to be like them

_read = msgspec.json.Decoder().decode

_Place = tuple[int | str, ...]


class Said:
    """What a stream has said so far: its beginning, and how long all of it is."""

    __slots__ = ("_kept", "_kept_size", "_size")

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._kept_size = self._size = 0

    def add(self, events: bytes) -> None:
        self._size += len(events)
        if self._kept_size < _SAMPLED:
            self._kept.append(events[:_SAMPLED])
            self._kept_size += len(self._kept[-1])

    @property
    def words(self) -> Words:
        """About all of it."""
        if not self._kept_size:
            return Words()
        return said_streamed(b"".join(self._kept)).times(self._size / self._kept_size)


def said_whole(body: bytes) -> Words:
    """What a whole answer said."""
    return Words.of(text for _, text in _texts_in(body))


def said_streamed(events: bytes) -> Words:
    """What a part of a stream said. Its pieces are put together: a word may come in two."""
    pieces: dict[_Place, list[str]] = {}
    for data in sse.datas_of(events):
        for place, piece in _texts_in(data):
            pieces.setdefault(place, []).append(piece)
    return Words.of(map("".join, pieces.values()))


def _texts_in(body: bytes) -> Iterator[tuple[_Place, str]]:
    try:
        value = _read(body)
    except UNREADABLE:
        return
    if isinstance(value, dict) and _repeats(value.get("type")):
        return
    yield from _texts(value, (), 0)


def _repeats(kind: object) -> bool:
    """Whether an event of Responses tells once more, whole, what its deltas said."""
    return isinstance(kind, str) and kind.startswith("response.") and not kind.endswith(".delta")


def _texts(value: object, place: _Place, depth: int) -> Iterator[tuple[_Place, str]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        place = (*place, *[value[name] for name in _NUMBERS if isinstance(value.get(name), int)])
        for name, one in value.items():
            if isinstance(one, str):
                if name in _WORDS:
                    yield (*place, name), one
            else:
                yield from _texts(one, place, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, place, depth + 1)
