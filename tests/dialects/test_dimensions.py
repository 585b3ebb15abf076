"""How large a picture is stands near its beginning, where each format has it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.dialects.dimensions import dimensions
from tests.dialects.chats import PIXEL


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> str:
    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\x00\x00\x00"
    return in_base64(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + header + b"\x00" * 4)


def gif(width: int, height: int) -> str:
    return in_base64(b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\x00" * 20)


def jpeg(width: int, height: int, *, preview: int = 0) -> str:
    """With a preview of so many bytes before what says the size, as cameras put one."""
    segments = b"\xff\xe1" + (preview + 2).to_bytes(2) + b"\x00" * preview + b"\xff\xff\xc4\x00\x05abc"
    frame = b"\xff\xc2\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03" + b"\x00" * 9
    return in_base64(b"\xff\xd8" + segments + frame + b"\xff\xda")


def webp(kind: bytes, said: bytes) -> str:
    return in_base64(b"RIFF\x00\x00\x00\x00WEBP" + kind + b"\x00" * 4 + said + b"\x00" * 8)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (PIXEL, (1, 1)),
        (png(9000, 20), (9000, 20)),
        (gif(640, 8001), (640, 8001)),
        (jpeg(8001, 2), (8001, 2)),
        (jpeg(300, 8001, preview=65_000), (300, 8001)),
        (webp(b"VP8X", b"\x00" * 4 + (8999).to_bytes(3, "little") + (4).to_bytes(3, "little")), (9000, 5)),
        (webp(b"VP8L", b"\x2f" + (99 | 8000 << 14).to_bytes(4, "little")), (100, 8001)),
        (webp(b"VP8 ", b"\x00" * 6 + (8001).to_bytes(2, "little") + (7).to_bytes(2, "little")), (8001, 7)),
    ],
)
def test_each_format_says_it(data: str, size: tuple[int, int]) -> None:
    assert dimensions(data) == size


@pytest.mark.parametrize("data", ["", "AAAA", in_base64(b"%PDF-1.7"), png(1, 1)[:20], jpeg(1, 1)[:16], "/9j/", "@@@@"])
def test_what_does_not_say_it_has_none(data: str) -> None:
    assert dimensions(data) is None


@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF0000WEBP", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
)
def test_damaged_pictures_do_no_harm(rest: bytes, head: bytes) -> None:
    found = dimensions(in_base64(head + rest))
    assert found is None or min(found) >= 0
