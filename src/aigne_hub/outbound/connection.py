"""One connection to a provider lives here: bytes in, an exchange's state out."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import cast

from httptools import HttpParserCallbackError, HttpParserError, HttpResponseParser

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.decode import decoder_for
from aigne_hub.outbound.exchange import Exchange
from aigne_hub.outbound.limits import KIB, Limits

MAX_FIELDS = 200
JOIN_BELOW = 64 * KIB
_PEEK_AFTER_S = 1.0
_SWITCHING_PROTOCOLS = 101
_OK = 200
_BODILESS = frozenset((204, 304))


class Connection(asyncio.Protocol):
    """Carries one exchange after another. Whoever holds it idle learns of its end through `on_gone`.

    The parser's callbacks only note what they see; decisions fall at the end of `data_received`, once for
    all bytes of a read. `round_trip_s` is what connecting took; `closed_after_s` is how long after a
    request the provider closed the connection, None while it has not.
    """

    __slots__ = (
        "_barren_bytes",
        "_deadlines",
        "_exchange",
        "_expire",
        "_feed",
        "_fields",
        "_hang_up",
        "_is_head",
        "_keep",
        "_loop",
        "_parser",
        "_reads_to_end",
        "_resume",
        "_ticket",
        "_transport",
        "_written_at",
        "closed_after_s",
        "has_answered",
        "idle_since",
        "is_lost",
        "on_gone",
        "on_idle",
        "round_trip_s",
        "served",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, deadlines: Deadlines) -> None:
        self.on_idle: Callable[[Connection], None] | None = None
        self.on_gone: Callable[[Connection], None] | None = None
        self.served = 0
        self.idle_since = self.round_trip_s = self._written_at = 0.0
        self.closed_after_s: float | None = None
        self.is_lost = self.has_answered = False
        self._loop = loop
        self._deadlines = deadlines
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._fields: list[tuple[bytes, bytes]] = []
        self._barren_bytes = 0
        self._ticket = 0
        self._is_head = self._keep = self._reads_to_end = False
        # Bound once: making a bound method for every request would be paid for every request.
        self._hang_up = self.fail
        self._resume = self.resume
        self._expire = self._check_time
        self._parser = HttpResponseParser(self)
        self._feed = self._parser.feed_data

    def begin(self, head: bytes, body: bytes, limits: Limits, *, is_head: bool = False) -> Exchange:
        """Write a request and return the exchange its answer will fill."""
        transport = self._transport
        assert transport is not None and self._exchange is None
        exchange = self._exchange = Exchange(self._loop, limits, self._hang_up, self._resume)
        self.has_answered = self._reads_to_end = False
        self._is_head = is_head
        self._barren_bytes = 0
        self._written_at = exchange.started
        self._ticket = self._deadlines.set(min(limits.first_byte_s, limits.idle_s, limits.total_s), self._expire)
        if len(body) <= JOIN_BELOW:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)
        return exchange

    def is_fit(self) -> bool:
        """Whether an idle connection can take a request, as far as can be known."""
        transport = self._transport
        if transport is None or self.is_lost or transport.is_closing():
            return False
        if self._loop.time() - self.idle_since < _PEEK_AFTER_S:
            return True
        # After a pause the provider may have closed and the loop not have seen it yet.
        return not _is_readable(transport)

    def fail(self, failure: UpstreamFailed) -> None:
        """End the running exchange with `failure`, and the connection with it."""
        exchange = self._exchange
        if exchange is not None:
            self._exchange = None
            self._deadlines.drop(self._ticket)
            exchange.failure = failure
            exchange.wake()
        self.abort()

    def resume(self) -> None:
        exchange, transport = self._exchange, self._transport
        if exchange is not None and transport is not None and exchange.is_paused:
            exchange.is_paused = False
            if not transport.is_closing():
                transport.resume_reading()

    def abort(self) -> None:
        self.is_lost = True
        if self._transport is not None:
            self._transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.idle_since = self._loop.time()

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            # An answer that nobody asked for: what it belongs to can never be known.
            self.abort()
            return
        self.has_answered = True
        unread, had_begun = exchange.unread, exchange.has_begun
        try:
            self._feed(data)
        except HttpParserError as error:
            self._stumble(exchange, error)
            return
        if not had_begun and self._barren_bytes + len(data) > exchange.limits.head_bytes and _has_long_head(exchange):
            exchange.has_begun = exchange.is_complete = False
            self.fail(_too_long())
        elif exchange.is_complete:
            self._finish(exchange)
        elif exchange.unread > unread or exchange.has_begun is not had_begun:
            self._advance(exchange)
        else:
            self._barren_bytes += len(data)
            if self._barren_bytes > exchange.limits.head_bytes:
                self.fail(_too_long())

    def eof_received(self) -> bool:
        self.is_lost = True
        self._end(None)
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        self._end(error)
        if self.on_gone is not None:
            self.on_gone(self)
        # Breaks the cycle between parser and protocol, so that memory does not wait for the collector.
        del self._parser, self._feed, self._hang_up, self._resume, self._expire
        self._transport = None

    # What the parser calls.

    def on_message_begin(self) -> None:
        exchange = self._exchange
        if exchange is None or exchange.is_complete:
            raise _broken("bytes came after the provider's answer")
        self._keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        # The parser leaves the optional white space after a value (RFC 9112 §5).
        self._fields.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        exchange = self._exchange
        assert exchange is not None
        parser = self._parser
        status = parser.get_status_code()
        if len(self._fields) > MAX_FIELDS:
            raise _broken("the provider's answer has too many header fields")
        headers, self._fields = self._fields, []
        if status < _OK:
            if status == _SWITCHING_PROTOCOLS:
                raise _broken("the provider switched protocols without being asked")
            return
        exchange.status = status
        exchange.headers = headers
        exchange.fields = fields = dict(headers)
        self._keep = parser.should_keep_alive()
        self._read_framing(exchange, fields)
        exchange.has_begun = True

    def on_body(self, piece: bytes) -> None:
        exchange = self._exchange
        assert exchange is not None
        exchange.add(piece)

    def on_message_complete(self) -> None:
        exchange = self._exchange
        if exchange is not None and exchange.has_begun:
            exchange.is_complete = True

    def _read_framing(self, exchange: Exchange, fields: dict[bytes, bytes]) -> None:
        coding = fields.get(b"transfer-encoding")
        has_length = b"content-length" in fields
        if coding is not None and (has_length or coding.lower() != b"chunked"):
            # RFC 9112 §6.3: both fields, or a coding we cannot undo, leave the body's end open to dispute.
            raise _broken("the length of the provider's answer is ambiguous")
        if self._is_head:
            exchange.has_begun = exchange.is_complete = True
            if coding is not None or has_length:
                # The parser does not know of HEAD and would wait for a body: it is not used again.
                raise _broken("an answer to HEAD")
            return
        if exchange.status in _BODILESS:
            return
        self._reads_to_end = coding is None and not has_length
        if b"content-encoding" in fields:
            self._open_coding(exchange, fields)

    def _open_coding(self, exchange: Exchange, fields: dict[bytes, bytes]) -> None:
        names = [value for name, value in exchange.headers if name == b"content-encoding"]
        exchange.decoder = decoder_for(b", ".join(names))
        if exchange.decoder is not None:
            untrue = (b"content-encoding", b"content-length")
            exchange.headers = [field for field in exchange.headers if field[0] not in untrue]
            fields.pop(b"content-length", None)
            del fields[b"content-encoding"]

    def _advance(self, exchange: Exchange) -> None:
        self._barren_bytes = 0
        exchange.quiet_since = self._loop.time()
        if exchange.is_overfull():
            self.fail(exchange.oversized())
            return
        if not exchange.is_paused and exchange.wants_pause():
            transport = self._transport
            if transport is not None and not transport.is_closing():
                exchange.is_paused = True
                transport.pause_reading()
        exchange.wake()

    def _finish(self, exchange: Exchange) -> None:
        transport = self._transport
        assert transport is not None
        if exchange.is_paused:
            self.resume()
        self._exchange = None
        self._deadlines.drop(self._ticket)
        self._fields.clear()
        self.served += 1
        exchange.wake()
        # Unwritten bytes here mean that the answer came before its request was out.
        if self._keep and not self.is_lost and not transport.get_write_buffer_size() and self.on_idle is not None:
            self.idle_since = self._loop.time()
            self.on_idle(self)
        else:
            self.abort()

    def _stumble(self, exchange: Exchange, error: HttpParserError) -> None:
        if exchange.is_complete:
            self._keep = False
            self._finish(exchange)
            return
        cause = error.__context__ if isinstance(error, HttpParserCallbackError) else None
        if isinstance(cause, UpstreamFailed):
            self.fail(cause)
        else:
            self.fail(_broken("the provider's answer is not valid HTTP"))

    def _end(self, error: Exception | None) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        if error is None and self._reads_to_end and exchange.has_begun:
            exchange.is_complete = True
            self._keep = False
            self._finish(exchange)
            return
        self.closed_after_s = self._loop.time() - self._written_at
        if exchange.has_begun:
            self.fail(_broken("the provider closed the connection in the middle of its answer"))
        else:
            self.fail(_broken("the provider closed the connection without answering"))

    def _check_time(self) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        left, reason = exchange.time_left()
        if left > 0:
            self._ticket = self._deadlines.set(left, self._expire)
        else:
            self.fail(UpstreamFailed(Failure.timeout, reason))


def _broken(message: str) -> UpstreamFailed:
    return UpstreamFailed(Failure.broken, message)


def _too_long() -> UpstreamFailed:
    return _broken("the head, the trailer or the framing of the provider's answer is too long")


def _has_long_head(exchange: Exchange) -> bool:
    return sum(len(name) + len(value) + 4 for name, value in exchange.headers) > exchange.limits.head_bytes


def _is_readable(transport: asyncio.Transport) -> bool:
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))
