"""What an answer said lives here, in the words of any dialect of chats, for an estimate where no usage is told."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from aigne_hub.dialects import sse
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.counts import tokens_of

# What carries a model's words: Chat Completions, Messages, Responses, Gemini and the native format together.
_WORDS = frozenset(
    {
        "content", "text", "delta", "refusal", "reasoning", "reasoning_content", "thinking", "thoughts",
        "arguments", "partial_json", "partialJson",
    }
)  # fmt: skip
_DEEPEST = 12
_SAMPLED = 64 << 10  # bytes of a stream that are kept for an estimate; the rest of it is taken to be like them

_read = msgspec.json.Decoder().decode


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
    def tokens(self) -> int:
        """About how many."""
        if not self._kept_size:
            return 0
        return round(estimate_streamed(b"".join(self._kept)) * self._size / self._kept_size)


def estimate_said(body: bytes) -> int:
    """About how many tokens a whole answer said."""
    return round(sum(map(tokens_of, _words_in(body))))


def estimate_streamed(events: bytes) -> int:
    """About how many tokens a part of a stream said."""
    return round(sum([tokens_of(words) for data in sse.datas_of(events) for words in _words_in(data)]))


def _words_in(body: bytes) -> Iterator[str]:
    try:
        value = _read(body)
    except UNREADABLE:
        return
    if isinstance(value, dict) and _repeats(value.get("type")):
        return
    yield from _words(value, 0)


def _repeats(kind: object) -> bool:
    """Whether an event of Responses tells once more, whole, what its deltas said."""
    return isinstance(kind, str) and kind.startswith("response.") and not kind.endswith(".delta")


def _words(value: object, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, str):
                if name in _WORDS:
                    yield one
            else:
                yield from _words(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one, depth + 1)
