"""The ASGI messages of the edge live here: what arrives, what leaves, and the head of every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aigne_hub.base.errors import HubError, WrongMethod
from aigne_hub.dialects.openai_errors import error_body
from aigne_hub.relay.timing import Timing

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

BODY_ARRIVED = "hub.body_arrived"  # in a scope: whether the whole body is there, so that nothing has to be waited for
JSON = (b"content-type", b"application/json")
ANY_ORIGIN = (b"access-control-allow-origin", b"*")  # no cookie opens an inference path from a browser
EXPOSED = (
    b"access-control-expose-headers",
    b"x-request-id, x-hub-dropped, x-hub-provider, x-hub-attempts, idempotent-replayed, x-hub-original-call, "
    b"retry-after, www-authenticate, server-timing",
)
_SAFE = frozenset({b"application/json", b"text/plain", b"text/vtt", b"application/x-subrip", b"text/event-stream"})
_NOT_BUFFERED = (b"x-accel-buffering", b"no")
_STREAM_HEAD = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    _NOT_BUFFERED,
    ANY_ORIGIN,
    EXPOSED,
)


class AsgiReply:
    """One answer to one request (relay/reply.py)."""

    __slots__ = ("_hang_up", "_receive", "_request_id", "_send", "_soon", "extra", "has_started", "is_over", "sent")

    def __init__(self, receive: Receive, send: Send, request_id: str) -> None:
        self._receive = receive
        self._send = send
        self._request_id = (b"x-request-id", request_id.encode("ascii"))
        self._hang_up: asyncio.Future[None] | None = None
        self.has_started = False
        self.is_over = False
        self.sent = 0
        self._soon: asyncio.Future[None] | None = None  # what is sent from where nothing can be waited for
        self.extra: Headers = []  # more headers of whatever is answered

    @property
    def is_gone(self) -> bool:
        return self._hang_up is not None and self._hang_up.done()

    def tell(self, name: bytes, value: str) -> None:
        self.extra = [*(one for one in self.extra if one[0] != name), (name, value.encode("ascii", "replace"))]

    async def whole(self, body: bytes, content_type: bytes | None = None) -> None:
        await self.json(200, body, content_type=content_type)

    async def json(
        self, status: int, body: bytes, extra: Headers | None = None, *, content_type: bytes | None = None
    ) -> None:
        """Answer at once; with a `content_type` the body is no JSON but of that type."""
        self.has_started = True
        kind = JSON if content_type is None else safe_type(content_type)
        headers = [kind, (b"content-length", b"%d" % len(body)), self._request_id, ANY_ORIGIN, EXPOSED]
        headers += self.extra
        headers += extra or []
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def error(self, error: HubError, extra: Headers | None = None, *, body: bytes | None = None) -> None:
        """Answer with the error's status; `body` is it in the caller's dialect, if that is not OpenAI's."""
        shown = error_body(error) if body is None else body
        await self.json(error.status, shown, _error_headers(error) + (extra or []))

    async def begin(self) -> None:
        await self.start(200, [*_STREAM_HEAD, *self.extra])

    def begin_soon(self) -> None:
        self._soon = asyncio.ensure_future(self._begin_unless_begun())

    async def _begin_unless_begun(self) -> None:
        if not self.has_started:
            await self.begin()

    def send_soon(self, events: bytes) -> None:
        if self._soon is None or self._soon.done():  # else the caller is slow, and something is on its way
            self._soon = asyncio.ensure_future(self._send_unless_over(events))

    async def _send_unless_over(self, events: bytes) -> None:
        if not self.is_over:
            await self._send({"type": "http.response.body", "body": events, "more_body": True})

    async def start(self, status: int, headers: Headers) -> None:
        """Answer with a head of one's own; `send` and `finish` fill the body."""
        self.has_started = True
        headers = [*headers, self._request_id]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"", "more_body": True})  # lets the head go at once
        self.watch()

    async def begin_whole(self) -> None:
        await self.start(200, [JSON, _NOT_BUFFERED, ANY_ORIGIN, EXPOSED, *self.extra])

    def watch(self) -> None:
        if self._hang_up is None:
            self._hang_up = asyncio.ensure_future(self._disconnect())

    def when_gone(self, act: Callable[[], None]) -> None:
        self.watch()
        assert self._hang_up is not None
        self._hang_up.add_done_callback(lambda hang_up: None if hang_up.cancelled() else act())

    async def send(self, events: bytes) -> None:
        self.sent += 1
        await self._send({"type": "http.response.body", "body": events, "more_body": True})

    async def finish(self, events: bytes) -> None:
        self.is_over = True
        await self._send({"type": "http.response.body", "body": events})

    def close(self) -> None:
        """Stop watching for the caller's hang-up."""
        if self._soon is not None:
            self._soon.cancel()
        if self._hang_up is not None:
            self._hang_up.cancel()

    async def _disconnect(self) -> None:
        """Return when the caller went, or we finished. A body that nobody has read comes first: a GET's empty one."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


class TimedSend:
    """The `send` of one request that tells in the head of its answer where the time went."""

    __slots__ = ("_send", "_timing")

    def __init__(self, send: Send, timing: Timing) -> None:
        self._send = send
        self._timing = timing

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start" and (told := self._timing.header()) is not None:
            message = {**message, "headers": [*message["headers"], (b"server-timing", told)]}
        return self._send(message)


def with_google_key(scope: Scope, key: str | None) -> Scope:
    """The request with the key of its query (`?key=`), if there is one, where Google's clients else show it."""
    if key is None:
        return scope
    return {**scope, "headers": [*scope["headers"], (b"x-goog-api-key", key.encode("latin-1"))]}


def safe_type(content_type: bytes) -> tuple[bytes, bytes]:
    """What a provider sent as HTML or a script is data here, and never a page of the hub's own address."""
    if content_type.split(b";")[0].strip().lower() in _SAFE or content_type.lower().startswith((b"audio/", b"video/")):
        return (b"content-type", content_type)
    return (b"content-type", b"application/octet-stream")


def fault() -> HubError:
    """What a caller is told of a mistake of ours."""
    return HubError("the hub made a mistake; its log has the details")


def _error_headers(error: HubError) -> Headers:
    headers: Headers = []
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after))
    if isinstance(error, WrongMethod):
        headers.append((b"allow", error.allowed.encode("ascii")))
    if error.status in (408, 413):
        headers.append((b"connection", b"close"))  # the rest of the body may still be on its way
    return headers
