"""Undoing gzip and deflate piece by piece, whatever the pieces."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.decode import decoder_for


def undo(coding: bytes, pieces: list[bytes], limit: int = 1 << 16) -> bytes:
    decoder = decoder_for(coding)
    assert decoder is not None
    plain = b""
    for piece in pieces:
        decoder.feed(piece)
        while part := decoder.take(limit):
            assert len(part) <= limit
            plain += part
    decoder.finish()
    return plain


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(data) + squeeze.flush()


@given(st.binary(max_size=3000), st.integers(1, 400), st.sampled_from([7, 1000, 1 << 16]))
def test_what_was_compressed_comes_back(data: bytes, size: int, limit: int) -> None:
    assert undo(b"gzip", cut(gzip.compress(data), size), limit) == data
    assert undo(b"GZIP ", cut(gzip.compress(data) + gzip.compress(data), size), limit) == data * 2
    assert undo(b"x-gzip", cut(gzip.compress(data), size), limit) == data
    assert undo(b"deflate", cut(zlib.compress(data), size), limit) == data


def test_deflate_without_zlibs_wrapping_is_read_too() -> None:
    data = b"some servers send it so " * 20
    for size in (1, 2, 50, 1000):
        assert undo(b"deflate", cut(raw_deflate(data), size)) == data


def test_output_that_zlib_holds_back_is_not_lost() -> None:
    packed = gzip.compress(bytes(100_000))
    for limit in (1000, 32768, 99_999, 100_000):
        assert undo(b"gzip", [packed], limit) == bytes(100_000)


@pytest.mark.parametrize("packed", [gzip.compress(b"hello"), zlib.compress(b"hello")])
def test_cut_or_damaged_input_is_broken(packed: bytes) -> None:
    coding = b"gzip" if packed[:1] == b"\x1f" else b"deflate"
    damaged = [packed[:i] for i in range(1, len(packed))] + [packed + b"surplus", packed[:-4] + b"\0\0\0\0"]
    for data in damaged:
        with pytest.raises(UpstreamFailed) as failed:
            undo(coding, [data])
        assert failed.value.kind is Failure.broken


def test_an_empty_body_is_empty_whatever_its_coding() -> None:
    assert undo(b"gzip", []) == b""
    assert undo(b"deflate", []) == b""


@pytest.mark.parametrize("coding", [b"identity", b"", b" Identity"])
def test_identity_needs_no_decoder(coding: bytes) -> None:
    assert decoder_for(coding) is None


@pytest.mark.parametrize("coding", [b"br", b"zstd", b"gzip, br", b"gzip, gzip"])
def test_other_codings_are_broken(coding: bytes) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        decoder_for(coding)
    assert failed.value.kind is Failure.broken
