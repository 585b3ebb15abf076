"""Small JSON messages to an operator's own address leave here."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.client import Client
from aigne_hub.outbound.limits import Limits
from aigne_hub.outbound.origin import Origin

_LIMITS = Limits(connect_s=5, first_byte_s=10, idle_s=10, total_s=15, answer_bytes=1 << 20)


async def post_json(client: Client, url: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> int:
    """Post a message: the status of the answer, whose body is dropped. A redirect is not followed.

    Raises UpstreamFailed unless the status is 2xx.
    """
    base, _, query = url.partition("?")
    origin, _ = Origin.parse(base)
    target = (urlsplit(base).path or "/").encode("ascii") + (b"?" + query.encode("ascii") if query else b"")
    sent = [(b"content-type", b"application/json"), (b"user-agent", b"aigne-hub"), *headers]
    exchange = await client.send(origin, b"POST", target, sent, body, _LIMITS)
    exchange.close()
    if not 200 <= exchange.status < 300:
        raise UpstreamFailed(Failure.rejected, f"it answered with status {exchange.status}", upstream_status=502)
    return exchange.status
