"""Undoing a body's content coding lives here: gzip and deflate, a bounded piece at a time.

We ask for `identity`; some providers and the proxies before them compress all the same.
"""

from __future__ import annotations

import zlib

from aigne_hub.base.errors import Failure, UpstreamFailed

_GZIP = frozenset((b"gzip", b"x-gzip"))
_SNIFF_BYTES = 2


class Decoder:
    """Takes compressed bytes with `feed`, gives out at most `limit` plain bytes with each `take`."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._inflate: zlib._Decompress | None = None
        self._waiting = b""
        self._has_member_ended = False
        self._has_more = False

    def feed(self, data: bytes) -> None:
        self._waiting += data

    def take(self, limit: int) -> bytes:
        """Plain bytes, none when more input is needed; raises UpstreamFailed(broken) for damaged input."""
        try:
            while self._waiting or self._has_more:
                inflate = self._open_member()
                if inflate is None:
                    return b""
                plain = inflate.decompress(self._waiting, limit)
                self._waiting = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
                self._has_member_ended = inflate.eof
                # zlib may have swallowed all input and still hold output back for want of room.
                self._has_more = len(plain) == limit and not inflate.eof
                if plain:
                    return plain
        except zlib.error:
            raise _damaged() from None
        return b""

    def finish(self) -> None:
        """Say that no input is left; raises UpstreamFailed(broken) if the coded data is not whole."""
        if self._waiting or (self._inflate is not None and not self._has_member_ended):
            raise _damaged()

    def _open_member(self) -> zlib._Decompress | None:
        if self._inflate is None:
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16) if self._is_gzip else _sniff_deflate(self._waiting)
        elif self._has_member_ended:
            # RFC 1952 §2.2 lets gzip members follow one another; after deflate nothing may follow.
            if not self._is_gzip:
                raise _damaged()
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
            self._has_member_ended = False
        return self._inflate


def decoder_for(coding: bytes) -> Decoder | None:
    """The decoder for a Content-Encoding, None for identity; raises UpstreamFailed(broken) for any other."""
    name = coding.strip().lower()
    if name in (b"", b"identity"):
        return None
    if name in _GZIP or name == b"deflate":
        return Decoder(is_gzip=name in _GZIP)
    raise UpstreamFailed(Failure.broken, "the provider answered in a content coding that was not asked for")


def _sniff_deflate(start: bytes) -> zlib._Decompress | None:
    # "deflate" means zlib's format (RFC 9110 §8.4.1.2), but some servers send the raw one.
    if len(start) < _SNIFF_BYTES:
        return None
    is_zlib = start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)


def _damaged() -> UpstreamFailed:
    return UpstreamFailed(Failure.broken, "the provider's compressed answer is damaged or cut short")
