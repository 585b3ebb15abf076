"""One request's answer lives here: what the relay reads from, and what the connection writes into."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.decode import Decoder
from aigne_hub.outbound.limits import KIB, Limits

UNREAD_HIGH = 256 * KIB
_PLAIN_PIECE = 256 * KIB
_LOOSE_PIECES = 512


class Exchange:
    """An answer whose head has arrived and whose body may still be coming.

    `headers` are in the order they came, names lower-cased. If the body came compressed it is handed out
    plain, and `content-encoding` and `content-length`, no longer true, are left out. One reader at a
    time. `read` and `next` raise UpstreamFailed(broken, timeout or oversized) when the answer does not
    arrive whole; what `next` gave before that did arrive.
    """

    __slots__ = (
        "_bulk",
        "_hang_up",
        "_loop",
        "_pieces",
        "_resume",
        "_waiter",
        "_wants_all",
        "decoder",
        "failure",
        "fields",
        "has_begun",
        "headers",
        "is_complete",
        "is_paused",
        "limits",
        "quiet_since",
        "started",
        "status",
        "unread",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        hang_up: Callable[[UpstreamFailed], None],
        resume: Callable[[], None],
    ) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.fields: dict[bytes, bytes] = {}
        self.limits = limits
        self.failure: UpstreamFailed | None = None
        self.decoder: Decoder | None = None
        self.has_begun = False
        self.is_complete = False
        self.is_paused = False
        self.unread = 0
        self.started = self.quiet_since = loop.time()
        self._loop = loop
        self._hang_up = hang_up
        self._resume = resume
        self._pieces: list[bytes] = []
        self._bulk: bytearray | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wants_all = False

    def header(self, name: bytes) -> bytes | None:
        """The value of a field by its lower-case name; the last one's if there are several."""
        return self.fields.get(name)

    async def read(self) -> bytes:
        """All of the body that has not been handed out yet, at most `limits.answer_bytes`."""
        self._wants_all = True
        if self.unread > self.limits.answer_bytes:
            self._end_early(self.oversized())
        while not self.is_complete and self.failure is None:
            await self._wait()
        if self.failure is not None:
            raise self.failure
        if self.decoder is not None:
            return self._decode_all(self.decoder)
        return self._take()

    async def next(self) -> bytes:
        """The part of the body that came since the last call, waiting for it if need be; b"" at the end."""
        if self.decoder is not None:
            return await self._next_plain(self.decoder)
        while not self.unread:
            if self.failure is not None:
                raise self.failure
            if self.is_complete:
                return b""
            await self._wait()
        return self._take()

    def close(self) -> None:
        """End early: hangs up unless the answer is complete. Safe to call at any time and more than once."""
        if not self.is_complete:
            self._end_early(UpstreamFailed(Failure.broken, "the answer was abandoned before its end"))

    async def spoken(self) -> None:
        """Return when something of the body has come, or all there is; hangs up if cancelled. Raises UpstreamFailed."""
        while not (self.unread or self.is_complete):
            if self.failure is not None:
                raise self.failure
            await self._wait()

    async def answered(self) -> None:
        """Return when the head has arrived or the exchange has failed; hangs up if cancelled."""
        while not self.has_begun and self.failure is None:
            await self._wait()

    def add(self, piece: bytes) -> None:
        """Take in a piece of the body; the connection calls `wake` when it has added all it had."""
        self.unread += len(piece)
        self._pieces.append(piece)
        if len(self._pieces) > _LOOSE_PIECES:
            # A body of tiny chunks would cost many times its size in objects.
            if self._bulk is None:
                self._bulk = bytearray()
            self._bulk += b"".join(self._pieces)
            self._pieces.clear()

    def wake(self) -> None:
        """Let the reader go on if it has what it waits for."""
        waiter = self._waiter
        if (
            waiter is not None
            and not waiter.done()
            and (not self._wants_all or self.is_complete or self.failure is not None)
        ):
            waiter.set_result(None)

    def is_overfull(self) -> bool:
        """Whether a whole read has passed its limit."""
        return self._wants_all and self.unread > self.limits.answer_bytes

    def wants_pause(self) -> bool:
        """Whether more has come than should wait for a slow reader."""
        return self.unread > UNREAD_HIGH and not self._wants_all

    def time_left(self) -> tuple[float, str]:
        """Seconds until the nearest limit passes, and the sentence to fail with if it has."""
        now, limits = self._loop.time(), self.limits
        total = self.started + limits.total_s - now
        if not self.has_begun:
            nearest = self.started + limits.first_byte_s - now
            reason = f"the provider did not answer within {limits.first_byte_s:g} s"
        else:
            # While nobody waits the silence is the reader's own doing.
            quiet_since = now if self._waiter is None else self.quiet_since
            nearest = quiet_since + limits.idle_s - now
            reason = f"the provider fell silent for {limits.idle_s:g} s in the middle of its answer"
        if total < nearest:
            return total, f"the provider's answer was not complete within {limits.total_s:g} s"
        return nearest, reason

    def oversized(self) -> UpstreamFailed:
        return UpstreamFailed(
            Failure.oversized, f"the provider's answer is larger than {self.limits.answer_bytes} bytes"
        )

    async def _wait(self) -> None:
        if self.is_paused:
            self._resume()
        self._waiter = waiter = self._loop.create_future()
        if self.has_begun:
            self.quiet_since = self._loop.time()
        try:
            await waiter
        except BaseException:
            self.close()
            raise
        finally:
            self._waiter = None

    def _end_early(self, failure: UpstreamFailed) -> None:
        if self.failure is not None:
            return
        if self.is_complete:
            # The connection has moved on, perhaps to another call: it is no longer ours to end.
            self.failure = failure
        else:
            self._hang_up(failure)

    def _take(self) -> bytes:
        pieces = self._pieces
        if self._bulk is not None:
            self._bulk += b"".join(pieces)
            data, self._bulk = bytes(self._bulk), None
        else:
            data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.unread = 0
        if self.is_paused:
            self._resume()
        return data

    def _decode_all(self, decoder: Decoder) -> bytes:
        limit = self.limits.answer_bytes
        decoder.feed(self._take())
        plain = bytearray()
        while piece := decoder.take(limit + 1 - len(plain)):
            plain += piece
            if len(plain) > limit:
                raise self.oversized()
        decoder.finish()
        return bytes(plain)

    async def _next_plain(self, decoder: Decoder) -> bytes:
        while True:
            try:
                if plain := decoder.take(_PLAIN_PIECE):
                    return plain
                if self.is_complete and not self.unread:
                    decoder.finish()
                    return b""
            except UpstreamFailed as failure:
                self._end_early(failure)
                raise
            if self.unread:
                decoder.feed(self._take())
            elif self.failure is not None:
                raise self.failure
            else:
                await self._wait()
