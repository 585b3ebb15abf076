"""The begin of a stream lives here: clients want the event that says it first, and not every provider sends it.

llama.cpp leaves it out when the answer's first token is but a part of a character, as of most emoji.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from aigne_hub.dialects import sse
from aigne_hub.dialects.bodies import UNREADABLE

_BEFORE = frozenset({"ping", "error", "response.failed"})  # what may come without a begin


class _Event(Struct):
    type: str = ""


_read = msgspec.json.Decoder(_Event).decode


class Beginning:
    """Looks after the begin of one stream: an event of the type `first`, which `write` makes where it is missing."""

    __slots__ = ("_first", "_write", "is_there")

    def __init__(self, first: str, write: Callable[[], bytes]) -> None:
        self._first = first
        self._write = write
        self.is_there = False

    def missing(self, whole: bytes) -> bytes:
        """What belongs before the stream's next whole events: the begin, if they are the first and lack it."""
        for data in sse.datas_of(whole):
            try:
                type = _read(data).type
            except UNREADABLE:
                break  # whoever reads it says what is wrong with it
            if type in _BEFORE:
                continue
            self.is_there = True
            return b"" if type == self._first else self._write()
        return b""
