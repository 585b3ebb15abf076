"""The pages' own door lives here: files of the build by their exact path, and the console for every other page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from aigne_hub.console.build import File, read_build
from aigne_hub.console.headers import Headers, security_headers

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_INDEX = "/index.html"
_HTML = b"text/html; charset=utf-8"
_NOT_BUILT = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AIGNE Hub</title>
<h1>The console was not built</h1>
<p>The hub itself is running and answers calls at <code>/v1</code>.
<p>To build its console, run <code>make web</code> in the project's folder and start the hub again.
</html>
"""


class Console:
    """An ASGI application for GET and HEAD of everything that is no API."""

    def __init__(self, folder: Path) -> None:
        self._files: Mapping[str, File] = read_build(folder)

    @property
    def is_built(self) -> bool:
        return bool(self._files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = dict(scope["headers"])
        path: str = scope["path"]
        file = self._files.get(path)
        wants_page = path == "/" or _wants_page(fields)
        if file is None and wants_page:
            file = self._files.get(_INDEX)
        if scope["method"] not in ("GET", "HEAD"):
            status, headers, body = 405, [(b"allow", b"GET, HEAD")], b""
        elif file is not None:
            status, headers, body = _answer(file, fields)
        elif not self.is_built and wants_page:
            status, headers, body = 503, [(b"content-type", _HTML), (b"cache-control", b"no-store")], _NOT_BUILT
        else:
            status, headers, body = 404, [(b"content-type", b"text/plain; charset=utf-8")], b"there is no such page\n"
        if status != 304:
            headers.append((b"content-length", b"%d" % len(body)))
        headers += security_headers(path)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _wants_page(fields: Mapping[bytes, bytes]) -> bool:
    """True for a browser that goes to an address, as opposed to a script, an image or a client of the API."""
    return b"text/html" in fields.get(b"accept", b"")


def _answer(file: File, fields: Mapping[bytes, bytes]) -> tuple[int, Headers, bytes]:
    """The file as a whole, or only word that the copy the browser holds is still the right one."""
    cache = b"public, max-age=31536000, immutable" if file.is_immutable else b"no-cache"
    headers = [(b"etag", file.etag), (b"cache-control", cache), (b"vary", b"accept-encoding")]
    if _is_known(file.etag, fields.get(b"if-none-match", b"")):
        return 304, headers, b""
    headers.append((b"content-type", file.content_type))
    if file.compressed is not None and _takes_gzip(fields.get(b"accept-encoding", b"")):
        return 200, [*headers, (b"content-encoding", b"gzip")], file.compressed
    return 200, headers, file.body


def _is_known(etag: bytes, if_none_match: bytes) -> bool:
    """Weak comparison, as RFC 9110 section 13.1.2 has it, because proxies that compress weaken the tag."""
    return any(tag.strip().removeprefix(b"W/") in (etag, b"*") for tag in if_none_match.split(b","))


def _takes_gzip(accept_encoding: bytes) -> bool:
    """RFC 9110 section 12.5.3, for the one coding we have: named and not refused by a weight of zero."""
    for coding in accept_encoding.lower().split(b","):
        name, _, weight = coding.partition(b";")
        if name.strip() in (b"gzip", b"*"):
            return weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False
