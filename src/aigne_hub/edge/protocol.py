"""Limits of the connection itself live here: how large a request's head may be, and how slow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.edge.sending import WholeSend
from aigne_hub.edge.socket_protocol import SOCKET_PATHS
from aigne_hub.edge.wire import BODY_ARRIVED, Receive, Scope, Send

_ANSWER = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
_LINGER_S = 1.0
_TOO_LARGE = (
    b'{"error":{"message":"the request head is larger than %d bytes, the limit of this hub",'
    b'"type":"invalid_request_error","code":"headers_too_large"}}'
)
_TOO_SLOW = (
    b'{"error":{"message":"the request head did not arrive in time",'
    b'"type":"invalid_request_error","code":"request_timeout"}}'
)
_MALFORMED = b'{"error":{"message":"this is not an HTTP/1.1 request","type":"invalid_request_error","code":"bad_http"}}'


def guarded_protocol(deadlines: Deadlines, *, header_limit: int, header_s: float) -> type[GuardedProtocol]:
    """The protocol class for a server with these limits; uvicorn makes the instances."""
    limits = {"deadlines": deadlines, "header_limit": header_limit, "header_s": header_s}
    return type("LimitedProtocol", (GuardedProtocol,), limits)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with limits on a request's head that uvicorn itself does not have."""

    deadlines: Deadlines
    header_limit: int  # bytes
    header_s: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = True
        self._head_bytes = 0
        self._head_ticket: int | None = None
        self._idle_ticket: int | None = None
        self._linger_ticket: int | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_ticket = self.deadlines.set(self.header_s, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_ticket()
        self._unset_keepalive_if_required()
        if self._linger_ticket is not None:
            self.deadlines.drop(self._linger_ticket)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_in_head:
            super().data_received(data)
            return
        if self._is_refused:
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes:  # not even the head has come whole
            if self._head_bytes > self.header_limit:
                self._refuse(b"431 Request Header Fields Too Large", _TOO_LARGE % self.header_limit)
            elif self._head_ticket is None:
                self._head_ticket = self.deadlines.set(self.header_s, self._too_slow)

    def on_headers_complete(self) -> None:
        self._drop_ticket()
        # What arrived may hold a part of the body; only then is the head itself worth measuring.
        if self._head_bytes > self.header_limit and self._head_size() > self.header_limit:
            self._refuse(b"431 Request Header Fields Too Large", _TOO_LARGE % self.header_limit)
            return
        self._is_in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """As uvicorn's, with a coarse timer for the idle connection instead of one of its own."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._idle_ticket is None:
            self._idle_ticket = self.deadlines.set(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        if self._idle_ticket is not None:
            self.deadlines.drop(self._idle_ticket)
            self._idle_ticket = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        def with_whole_send(scope: Scope, receive: Receive, _send: Send) -> Awaitable[None]:
            scope[BODY_ARRIVED] = not cycle.more_body
            answered: Awaitable[None] = app(scope, receive, WholeSend(cycle))
            return answered

        super()._start_asgi_task(cycle, with_whole_send)  # type: ignore[arg-type]

    def on_message_complete(self) -> None:
        self._is_in_head = True
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        """Only listeners' paths speak WebSocket; elsewhere the wish is overheard, as RFC 9110 section 7.8 allows."""
        is_path = self.url.partition(b"?")[0] in SOCKET_PATHS and self.scope["method"] == "GET"
        return is_path and super()._should_upgrade()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def send_400_response(self, msg: str) -> None:
        self._refuse(b"400 Bad Request", _MALFORMED)

    def _too_slow(self) -> None:
        self._head_ticket = None
        if self._head_bytes:
            self._refuse(b"408 Request Timeout", _TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, status: bytes, body: bytes) -> None:
        if not self.transport.is_closing() and not self._is_refused:
            self.transport.write(_ANSWER % (status, len(body), body))
            # Closing at once would reset the connection under a caller that still sends, and take the
            # answer with it: what comes now is dropped, for a moment.
            self._is_refused = True
            self.transport.write_eof()
            self._linger_ticket = self.deadlines.set(_LINGER_S, self.transport.close)

    def _drop_ticket(self) -> None:
        if self._head_ticket is not None:
            self.deadlines.drop(self._head_ticket)
            self._head_ticket = None
