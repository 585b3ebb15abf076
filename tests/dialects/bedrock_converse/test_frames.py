"""Frames of AWS's event stream: read as botocore writes them, however they are cut, and never trusted."""

from __future__ import annotations

import binascii
import contextlib

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import UpstreamFailed
from aigne_hub.dialects.bedrock_converse.frames import Frame, FrameSplitter, frame_of

HEADERS = {":message-type": "event", ":event-type": "contentBlockDelta"}
WIRE = frame_of(HEADERS, b'{"a":1}') + frame_of({}, b"") + frame_of(HEADERS, b"x" * 300)
FRAMES = [Frame(HEADERS, b'{"a":1}'), Frame({}, b""), Frame(HEADERS, b"x" * 300)]

names = st.from_regex(r"[:a-z-]{1,20}", fullmatch=True)


@given(st.dictionaries(names, st.text(max_size=30), max_size=4), st.binary(max_size=200))
def test_botocore_reads_what_is_written_here(headers: dict[str, str], payload: bytes) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(frame_of(headers, payload))
    (message,) = list(buffer)
    assert (message.headers, message.payload) == (headers, payload)
    assert FrameSplitter().feed(frame_of(headers, payload)) == [Frame(headers, payload)]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_frames_are_found_however_they_are_cut(size: int) -> None:
    splitter = FrameSplitter()
    found = [frame for at in range(0, len(WIRE), size) for frame in splitter.feed(WIRE[at : at + size])]
    assert found == FRAMES
    assert not splitter.has_rest


def test_a_frame_that_is_not_whole_is_a_rest() -> None:
    splitter = FrameSplitter()
    assert splitter.feed(WIRE[:20]) == []
    assert splitter.has_rest


@pytest.mark.parametrize("at", range(0, 40, 3))
def test_a_changed_byte_is_noticed(at: int) -> None:
    changed = bytearray(frame_of(HEADERS, b'{"a":1}'))
    changed[at] ^= 0x40
    with pytest.raises(UpstreamFailed, match="not framed"):
        FrameSplitter().feed(bytes(changed))


@given(st.binary(min_size=12, max_size=200))
def test_anything_else_is_refused_or_waited_for(data: bytes) -> None:
    with contextlib.suppress(UpstreamFailed):
        assert FrameSplitter().feed(data) == []


def test_headers_of_other_types_are_passed_over() -> None:
    head = b"\x01n\x04\x00\x00\x00\x05" + b"\x01t\x00" + b"\x01b\x06\x00\x02hi" + b"\x01s\x07\x00\x02ok"
    prelude = (16 + len(head)).to_bytes(4, "big") + len(head).to_bytes(4, "big")
    whole = prelude + binascii.crc32(prelude).to_bytes(4, "big") + head
    whole += binascii.crc32(whole).to_bytes(4, "big")
    assert FrameSplitter().feed(whole) == [Frame({"s": "ok"}, b"")]
