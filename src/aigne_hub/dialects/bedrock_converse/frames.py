"""AWS's event-stream framing lives here: binary messages of headers and a payload, each with two checksums.

Source: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html and the Smithy specification of
`application/vnd.amazon.eventstream`.
"""

from __future__ import annotations

import binascii
import struct

from msgspec import Struct

from aigne_hub.base.errors import Failure, UpstreamFailed

_PRELUDE = struct.Struct("!III")
_LARGEST = 24 << 20
_STRING = 7
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # the size of a header's value, by its type
_SIZED = (6, _STRING)  # bytes and strings tell their size themselves


class Frame(Struct, frozen=True):
    """One message: its text headers, and its payload."""

    headers: dict[str, str]
    payload: bytes


class FrameSplitter:
    """Gives the whole frames of a stream, whatever its pieces. Raises UpstreamFailed for what is no frame."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        self._kept += data
        frames = []
        while len(self._kept) >= _PRELUDE.size:
            total, headers, checksum = _PRELUDE.unpack_from(self._kept)
            if binascii.crc32(self._kept[:8]) != checksum or not 16 <= total <= _LARGEST or headers > total - 16:
                raise _broken()
            if len(self._kept) < total:
                break
            frame = bytes(self._kept[:total])
            del self._kept[:total]
            if binascii.crc32(frame[:-4]) != int.from_bytes(frame[-4:], "big"):
                raise _broken()
            frames.append(Frame(_headers(frame[12 : 12 + headers]), frame[12 + headers : -4]))
        return frames

    @property
    def has_rest(self) -> bool:
        """Whether a frame has begun and is not whole."""
        return bool(self._kept)


def frame_of(headers: dict[str, str], payload: bytes) -> bytes:
    """A message as it stands on the wire."""
    head = b"".join(
        [
            bytes([len(name)])
            + name.encode()
            + bytes([_STRING])
            + len(value.encode()).to_bytes(2, "big")
            + value.encode()
            for name, value in headers.items()
        ]
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    prelude += binascii.crc32(prelude).to_bytes(4, "big")
    whole = prelude + head + payload
    return whole + binascii.crc32(whole).to_bytes(4, "big")


def _headers(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        name, kind = data[at + 1 : end].decode("utf-8", "replace"), data[end] if end < len(data) else -1
        at = end + 1
        if kind in _SIZED:
            size = int.from_bytes(data[at : at + 2], "big")
            at += 2
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise _broken()
        if at + size > len(data):
            raise _broken()
        if kind == _STRING:
            found[name] = data[at : at + size].decode("utf-8", "replace")
        at += size
    return found


def _broken() -> UpstreamFailed:
    return UpstreamFailed(Failure.malformed, "the provider's stream is not framed as it should be")
