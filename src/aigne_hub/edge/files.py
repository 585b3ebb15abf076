"""The door of kept files lives here: whoever has a file's address may fetch it, and nothing in it is ever run."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import structlog

from aigne_hub.base.errors import HubError, Unavailable
from aigne_hub.edge.ranges import Unsatisfiable, asked_range, is_known
from aigne_hub.edge.reading import BodyReader, CallerGone, Fields, request_id_of
from aigne_hub.edge.wire import ANY_ORIGIN, AsgiReply, Headers, Receive, Scope, Send, fault
from aigne_hub.files.desk import no_such_file
from aigne_hub.files.names import UNKNOWN, served_type
from aigne_hub.files.place import BytesLost
from aigne_hub.files.store import StoredFile
from aigne_hub.house import House

log = structlog.get_logger()

_BEGINNINGS = ("/files/", "/ai-kit/files/")
_LONGEST_IN_CACHE_S = 3600
_NOT_KEPT = (b"cache-control", b"no-store")
# What a browser's own page around a picture or a film needs.
_OF_A_VIEWER = b"img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
# A page of another site may show and read a file whose address it has. In a window of its own it is a picture, a
# film or a download: no script of it runs, and what it links to does not learn the address.
_SAFE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"sandbox; default-src 'none'; " + _OF_A_VIEWER),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    ANY_ORIGIN,
    (b"access-control-expose-headers", b"x-request-id, accept-ranges, content-disposition, content-range, etag"),
]


class FilesDoor:
    """GET of `/files/TOKEN/NAME`; the token is all that counts. No address is logged: it is a secret."""

    method = "GET"

    def __init__(self, house: House, reader: BodyReader) -> None:
        self._house = house
        self._reader = reader

    @staticmethod
    def owns(path: str) -> bool:
        return path.startswith(_BEGINNINGS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = dict(scope["headers"])
        request_id = request_id_of(fields) or str(self._house.recorder.new_id())
        reply = AsgiReply(receive, send, request_id)
        try:
            await self._reader.read(scope, fields, receive)  # what comes after it is that the caller has gone
            await self._answer(scope, fields, reply)
        except CallerGone:
            return
        except HubError as error:
            await reply.error(error, [_NOT_KEPT, *_extent(error)])
        except Exception:  # a fault of ours: the caller gets an error object, the log the trace
            log.exception("file request broke", request_id=request_id)
            if reply.has_started:
                raise  # the server cuts the connection, so that the file does not look whole
            await reply.error(fault())
        finally:
            reply.close()

    async def _answer(self, scope: Scope, fields: Fields, reply: AsgiReply) -> None:
        file = await self._house.files.find(_token(scope["path"]))
        etag = b'"%b"' % file.sha256.hex()[:32].encode()
        head = [(b"etag", etag), (b"cache-control", self._cache_control(file)), *_SAFE]
        if is_known(fields, etag):
            await reply.start(304, head)
            await reply.finish(b"")
            return
        is_head = scope["method"] == "HEAD"
        part = None if is_head else asked_range(fields, etag, file.size)
        start, size = part or (0, file.size)
        head += [*_described(file), (b"content-length", b"%d" % size)]
        if part is not None:
            head.append((b"content-range", b"bytes %d-%d/%d" % (start, start + size - 1, file.size)))
        if is_head:
            await reply.start(200, head)
            await reply.finish(b"")
        else:
            await self._send(file, start, size, 206 if part else 200, head, reply)

    async def _send(
        self, file: StoredFile, start: int, size: int, status: int, head: Headers, reply: AsgiReply
    ) -> None:
        """Send as fast as it is taken. A caller who hangs up, or takes nothing for long, is left."""
        sent = 0
        try:
            async with self._house.files.read(file, start, size) as pieces, aclosing(pieces):
                await reply.start(status, head)
                async for piece in pieces:
                    if reply.is_gone:
                        return
                    sent += len(piece)
                    async with asyncio.timeout(self._house.settings.idle_s):
                        await reply.send(piece)
        except BytesLost:
            log.error("bytes of a file are gone", file=file.id)
            raise no_such_file() from None
        except OSError as error:
            log.warning("file not sent whole", file=file.id, error=str(error))
            if not reply.has_started:
                raise Unavailable("the hub cannot read its files now", code="files_away", retry_after=5) from error
        if sent == size:  # else the server cuts the connection, so that the file does not look whole
            await reply.finish(b"")

    def _cache_control(self, file: StoredFile) -> bytes:
        left_s = (file.expires_ms - self._house.clock.now_ms()) // 1000
        return b"private, max-age=%d" % max(0, min(left_s, _LONGEST_IN_CACHE_S))


def _token(path: str) -> str:
    """The token of an address; empty when it has more parts than such an address."""
    parts = path.partition("/files/")[2].split("/")
    return parts[0] if len(parts) <= 2 else ""


def _described(file: StoredFile) -> Headers:
    kind = served_type(file.media_type)
    way = "attachment" if kind == UNKNOWN else "inline"
    return [
        (b"content-type", kind.encode()),
        (b"content-disposition", f'{way}; filename="{file.name}"'.encode()),
        (b"accept-ranges", b"bytes"),
    ]


def _extent(error: HubError) -> Headers:
    return [(b"content-range", b"bytes */%d" % error.size)] if isinstance(error, Unsatisfiable) else []
