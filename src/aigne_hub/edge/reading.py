"""Reading a request lives here: its body within size and time, and the headers the hub looks at."""

from __future__ import annotations

import asyncio
import re
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import unquote

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import BadRequest, TooLarge, TooSlow
from aigne_hub.edge.wire import BODY_ARRIVED, Receive, Scope
from aigne_hub.settings import Settings

_DISCARDED = 8  # times the limit: how much of a body that is too large is read and dropped
_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")


Network = IPv4Network | IPv6Network
Fields = dict[bytes, bytes]  # the headers by name; of a repeated one the last


# In a scope, for the control plane: where the caller is, where it reached the hub, and how its request is named.
ADDRESS = "hub.address"
URL = "hub.url"
REQUEST_ID = "hub.request_id"


class CallerGone(Exception):
    """The caller hung up before its request was whole: there is nobody to answer."""


class BodyReader:
    """Reads bodies of at most `limit` bytes that arrive within `seconds`."""

    def __init__(self, deadlines: Deadlines, *, limit: int, seconds: float) -> None:
        self._deadlines = deadlines
        self._limit = limit
        self._seconds = seconds

    async def read(self, scope: Scope, fields: Fields, receive: Receive) -> bytes:
        """Raises TooLarge, TooSlow, BadRequest, CallerGone."""
        if fields.get(b"content-encoding", b"").lower() not in (b"", b"identity"):
            raise BadRequest("compressed request bodies are not taken: send the body as it is", code="encoding")
        if scope.get(BODY_ARRIVED):
            return await self._collect(receive)
        if b"expect" in fields and int(fields.get(b"content-length", b"0")) > self._limit:
            raise self._too_large()  # the caller asks before it sends, and is spared it
        return await self._read_in_time(receive)

    async def _read_in_time(self, receive: Receive) -> bytes:
        task = asyncio.current_task()
        assert task is not None
        is_late = False

        def expire() -> None:
            nonlocal is_late
            is_late = True
            task.cancel()

        ticket = self._deadlines.set(self._seconds, expire)
        try:
            return await self._collect(receive)
        except asyncio.CancelledError:
            if not is_late:
                raise
            task.uncancel()
            raise TooSlow(f"the request body did not arrive within {self._seconds:g} s") from None
        finally:
            self._deadlines.drop(ticket)

    async def _collect(self, receive: Receive) -> bytes:
        message = await receive()
        if not message.get("more_body", False) and message["type"] == "http.request":
            body: bytes = message.get("body", b"")
            if len(body) > self._limit:
                raise self._too_large()
            return body
        # Not a list of pieces: those of many bodies at once lie mixed in memory, which then is not given back.
        read = bytearray()
        size = 0
        while True:
            if message["type"] == "http.disconnect":
                raise CallerGone
            piece = message.get("body", b"")
            size += len(piece)
            if size <= self._limit:
                read += piece
            elif size > self._limit * _DISCARDED:
                raise self._too_large()
            else:
                # Read on without keeping it: a caller who is cut off while sending never sees the answer.
                read.clear()
            if not message.get("more_body", False):
                break
            message = await receive()
        if size > self._limit:
            raise self._too_large()
        return bytes(read)

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the request body is larger than {self._limit} bytes, the limit of this hub")


def request_id_of(fields: Fields) -> str | None:
    """The caller's own request id, when it is one that may stand in a log and a header."""
    value = fields.get(b"x-request-id")
    return value.decode("ascii") if value is not None and _REQUEST_ID.fullmatch(value) else None


def app_of(fields: Fields) -> str | None:
    """The calling application, by `x-aigne-hub-client-did`, URL-decoded (contract 5.7)."""
    value = fields.get(b"x-aigne-hub-client-did")
    if value is None:
        return None
    return unquote(value.decode("latin-1")).strip()[:200].replace("\x00", "") or None


def accepts_stream(fields: Fields) -> bool:
    return b"text/event-stream" in fields.get(b"accept", b"")


def address_of(scope: Scope, fields: Fields, proxies: tuple[Network, ...]) -> str | None:
    """Where a request comes from: the peer, or what trusted proxies say of the peer they had.

    `X-Forwarded-For` is read from its end, as far as the proxies reach: what a caller wrote itself stands
    before that and is not believed.
    """
    peer: str | None = scope["client"][0] if scope.get("client") else None
    if not proxies or b"x-forwarded-for" not in fields:
        return peer
    for hop in reversed([*fields[b"x-forwarded-for"].decode("latin-1").split(","), peer or ""]):
        found = hop.strip()
        try:
            address = ip_address(found)
        except ValueError:
            return peer
        peer = str(address)
        if not any(address in network for network in proxies):
            return peer
    return peer


def hub_url(scope: Scope, fields: Fields, settings: Settings) -> str:
    """Where the caller reached the hub: its public address, else the host that was asked.

    Whether it came by https is what the public address says, else a trusted proxy, else the connection itself.
    """
    if settings.public_url:
        return settings.public_url
    scheme = str(scope.get("scheme", "http"))
    if b"x-forwarded-proto" in fields and _is_of(scope, settings.trusted_proxies):
        scheme = "https" if fields[b"x-forwarded-proto"].split(b",")[-1].strip() == b"https" else "http"
    return f"{scheme}://{fields.get(b'host', b'').decode('latin-1')}"


def _is_of(scope: Scope, proxies: tuple[Network, ...]) -> bool:
    try:
        peer = ip_address(scope["client"][0] if scope.get("client") else "")
    except ValueError:
        return False
    return any(peer in network for network in proxies)
