"""Files at addresses that somebody else names are fetched here: whole, within limits, past the client's guard."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.client import Client
from aigne_hub.outbound.limits import Limits
from aigne_hub.outbound.origin import Origin

_MOVED = frozenset({301, 302, 303, 307, 308})
_MOST_HOPS = 3
_LONGEST_URL = 4096
_HEADERS = ((b"user-agent", b"aigne-hub"), (b"accept", b"*/*"))


@dataclass(frozen=True, slots=True)
class Download:
    """A file, and the media type that its server says it has, in lower case and without parameters."""

    data: bytes = field(repr=False)
    media_type: str


async def download(client: Client, url: str, limits: Limits) -> Download:
    """What is at an http or https address, at most `limits.answer_bytes` of it; a few redirects are followed.

    No credential goes along. Each place on the way has to pass the client's guard, and from https none leads to
    http. Raises UpstreamFailed: `refused` for what is no address, `rejected` for another status than 200.
    """
    for _ in range(_MOST_HOPS + 1):
        origin, path = _parsed(url)
        exchange = await client.send(origin, b"GET", path, _HEADERS, b"", limits)
        try:
            if exchange.status == 200:
                kind = (exchange.header(b"content-type") or b"").decode("latin-1").partition(";")[0].strip().lower()
                return Download(await exchange.read(), kind)
            if exchange.status not in _MOVED:
                raise UpstreamFailed(Failure.rejected, f"its server answered with status {exchange.status}")
            where = (exchange.header(b"location") or b"").decode("latin-1")
        finally:
            exchange.close()
        url = _next(url, where)
    raise UpstreamFailed(Failure.rejected, "it is moved again and again")


def _next(url: str, where: str) -> str:
    try:
        found = urljoin(url, where)
    except ValueError as error:
        raise UpstreamFailed(Failure.refused, "it is moved to no address") from error
    if url.startswith("https:") and not found.startswith("https:"):
        raise UpstreamFailed(Failure.refused, "it is moved from https to somewhere less safe")
    return found


def _parsed(url: str) -> tuple[Origin, bytes]:
    """Where to connect, and the path with its query."""
    try:
        if len(url) > _LONGEST_URL:
            raise ValueError("the address is too long")
        parts = urlsplit(url)
        origin, _ = Origin.parse(parts._replace(path="", query="", fragment="").geturl())
        path = (parts.path or "/").encode("ascii") + (b"?" + parts.query.encode("ascii") if parts.query else b"")
    except ValueError as error:
        said = "it is not ASCII; percent-encode it" if isinstance(error, UnicodeError) else str(error)
        raise UpstreamFailed(Failure.refused, said) from error
    return origin, path
