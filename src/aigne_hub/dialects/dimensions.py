"""How large a picture is lives here: read from where its format says so, without decoding the rest of it.

Sources: https://www.w3.org/TR/png-3/#11IHDR, https://www.w3.org/Graphics/JPEG/itu-t81.pdf (annex B),
https://www.w3.org/Graphics/GIF/spec-gif89a.txt (18) and https://developers.google.com/speed/webp/docs/riff_container.
"""

from __future__ import annotations

import base64
import binascii

Pixels = tuple[int, int]

_MOST_SEGMENTS = 64  # of a JPEG, before the one that says it: previews and profiles
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF markers


def dimensions(data: str) -> Pixels | None:
    """Width and height of a picture in base64; None when it is of no known format, or does not say."""
    try:
        head = _bytes(data, 0, 32)
        if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
            return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
        if head.startswith((b"GIF87a", b"GIF89a")):
            return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
        if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and len(head) >= 30:
            return _webp(head)
        return _jpeg(data) if head.startswith(b"\xff\xd8") else None
    except binascii.Error:
        return None


def _webp(head: bytes) -> Pixels | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def _jpeg(data: str) -> Pixels | None:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        segment = _bytes(data, at, 9)
        if len(segment) < 9 or segment[0] != 0xFF:
            return None
        if segment[1] in _FRAMES:
            return int.from_bytes(segment[7:9]), int.from_bytes(segment[5:7])
        at += 1 if segment[1] == 0xFF else 2 + int.from_bytes(segment[2:4])
    return None


def _bytes(data: str, start: int, count: int) -> bytes:
    """`count` bytes from `start` on, fewer at the end."""
    first = start // 3
    quads = data[first * 4 : ((start + count + 2) // 3) * 4]
    return base64.b64decode(quads)[start - first * 3 :][:count]
