"""Small JSON documents that other servers publish or answer with are fetched here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.client import Client
from aigne_hub.outbound.limits import Limits
from aigne_hub.outbound.origin import Origin

_LIMITS = Limits(connect_s=5, first_byte_s=10, idle_s=10, total_s=15, answer_bytes=1 << 20)

Headers = Sequence[tuple[bytes, bytes]]


async def fetch_json(client: Client, url: str, *, headers: Headers = ()) -> Mapping[str, Any]:
    """The JSON object at an address. Raises UpstreamFailed for anything else, also for another status than 200."""
    status, found = await ask_json(client, url, headers=headers)
    if status != 200:
        raise UpstreamFailed(Failure.rejected, f"{_shown(url)} answered with status {status}", upstream_status=502)
    return found


async def ask_json(
    client: Client, url: str, *, headers: Headers = (), form: bytes | None = None
) -> tuple[int, Mapping[str, Any]]:
    """Get an address, or post a form to it: the status of the answer, and its JSON object.

    Redirects are not followed. Raises UpstreamFailed when no whole answer comes, or one without a JSON object.
    """
    base, _, query = url.partition("?")
    try:
        origin, path = Origin.parse(base)
        target = (path or "/").encode("ascii") + (b"?" + query.encode("ascii") if query else b"")
    except ValueError as error:
        raise UpstreamFailed(Failure.refused, f"{_shown(url)} cannot be asked: {error}") from error
    sent = [(b"accept", b"application/json"), (b"user-agent", b"aigne-hub"), *headers]
    if form is not None:
        sent.append((b"content-type", b"application/x-www-form-urlencoded"))
    exchange = await client.send(origin, b"GET" if form is None else b"POST", target, sent, form or b"", _LIMITS)
    try:
        body = await exchange.read()
    finally:
        exchange.close()
    try:
        return exchange.status, msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError) as error:
        raise UpstreamFailed(
            Failure.malformed, f"{_shown(url)} answered with status {exchange.status} and no JSON object"
        ) from error


def _shown(url: str) -> str:
    return url.partition("?")[0][:200]
