"""One attempt at a call lives here: what is asked of whom, its headers, its signature, and what a refusal means."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime

from msgspec import Struct

from aigne_hub.access.identity import Caller
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.dialects.call import Call, ServedDialect
from aigne_hub.dialects.openai_errors import error_of_answer
from aigne_hub.dialects.pairing import Pair
from aigne_hub.outbound import Client, Exchange, Limits
from aigne_hub.providers.known import credential_headers
from aigne_hub.providers.rows import Keying
from aigne_hub.relay.asking import Ask
from aigne_hub.relay.latency import Running
from aigne_hub.relay.record import Origin
from aigne_hub.relay.slots import Slot
from aigne_hub.relay.timing import Leg

Headers = tuple[tuple[bytes, bytes], ...]


class Wish(Struct, frozen=True):
    """What a caller wants: never changed, each attempt derives its own from it (law 6)."""

    caller: Caller
    call: Call
    dialect: ServedDialect
    origin: Origin
    ask: Ask | None = None  # what an operator's route was chosen by


class Attempt(Struct, frozen=True):
    """A wish as it goes to one target: `call` has what had to be put in for it.

    `probe` is the attempt at a target that was silent, which is made beside this one.
    """

    target: Target
    call: Call
    way: Pair
    seat: Slot | Running | None = None  # where calls at once are limited, or counted, until it is ended
    probe: Attempt | None = None
    leg: Leg | None = None  # where its time goes, when callers are told


def limits_for(target: Target, limits: Limits) -> Limits:
    """The limits of an attempt: those of the hub, but for what an operator said of the provider or its model."""
    if target.limits is None:
        return limits
    own = target.limits.trying
    return replace(
        limits,
        connect_s=limits.connect_s if own.connect_s is None else own.connect_s,
        first_byte_s=limits.first_byte_s if own.first_byte_s is None else own.first_byte_s,
        idle_s=limits.idle_s if own.idle_s is None else own.idle_s,
        total_s=limits.total_s if own.total_s is None else own.total_s,
    )


async def send(
    client: Client,
    clock: Clock,
    limits: Limits,
    target: Target,
    path: bytes,
    body: bytes,
    *,
    method: bytes = b"POST",
    content_type: bytes | None = None,
    extra: Headers = (),
    leg: Leg | None = None,
) -> Exchange:
    """Ask a target below its base address; the exchange is answered, whatever its status, and must be closed.

    The body is JSON unless a `content_type` says otherwise. Raises UpstreamFailed, also when a token that stands for
    the credential is not to be had.
    """
    if leg is not None:
        leg.begin()
    path = target.base_path + path
    headers = target.headers + extra
    if content_type is not None:
        headers = (*_without_type(headers), (b"content-type", content_type))
    if target.token is not None:
        headers = (*headers, *credential_headers(Keying.bearer, await target.token()))
    if target.signer is not None:
        host, now_s = target.origin.host_header.decode("ascii"), clock.now_ms() / 1000
        signed = target.signer.headers(method.decode(), host, path.decode("ascii"), body, now_s)
        headers = (*_without_type(headers), *signed)
    if leg is None:
        return await client.send(target.origin, method, path, headers, body, limits)
    leg.dial()
    exchange = await client.send(target.origin, method, path, headers, body, limits, when_sent=leg.send)
    leg.hear()
    return exchange


async def refusal(exchange: Exchange) -> UpstreamFailed:
    """What an answer that is no success means; one that is no error either, such as a redirect, is malformed."""
    if exchange.status < 400:
        return UpstreamFailed(Failure.malformed, f"the provider answered with status {exchange.status}")
    return error_of_answer(exchange.status, await exchange.read(), retry_after(exchange))


def retry_after(exchange: Exchange) -> int | None:
    """Seconds, a day at most; the answer may tell them or the time they end at (RFC 9110 section 10.2.3)."""
    value = exchange.header(b"retry-after")
    if value is None:
        return None
    seconds = int(value) if value.isdigit() and len(value) < 10 else _seconds_until(value, exchange.header(b"date"))
    return None if seconds is None else max(0, min(seconds, 86400))


def _seconds_until(value: bytes, date: bytes | None) -> int | None:
    """By the provider's own clock, which its Date tells: ours may be another."""
    try:
        end = parsedate_to_datetime(value.decode("latin-1"))
        return int((end - parsedate_to_datetime((date or b"").decode("latin-1"))).total_seconds())
    except (ValueError, TypeError, OverflowError):  # the second one: a time with a zone and one without
        return None


def _without_type(headers: Headers) -> Headers:
    return tuple([pair for pair in headers if pair[0] != b"content-type"])
