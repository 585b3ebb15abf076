"""What goes between the hub and the child lives here: a frame of texts one way, a number the other."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

NUMBER = struct.Struct("!I")  # the length of a frame, the length of each text in it, and the answer


def frame_of(texts: Iterable[str]) -> bytes:
    """What asks for the tokens of `texts` together. A lone surrogate counts as a question mark."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    body = b"".join([piece for one in encoded for piece in (NUMBER.pack(len(one)), one)])
    return NUMBER.pack(len(body)) + body


def texts_in(body: bytes) -> Iterator[str]:
    """The texts of a frame whose length has been read."""
    at = 0
    while at < len(body):
        (size,) = NUMBER.unpack_from(body, at)
        at += NUMBER.size
        yield body[at : at + size].decode()
        at += size
