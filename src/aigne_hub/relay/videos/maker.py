"""Asking a provider about videos lives here: begin one, look at it, open its film, give it up."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urljoin

import structlog

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.dialects.videos import Asked, CalledVideos
from aigne_hub.outbound import Client, Exchange, Limits, Origin
from aigne_hub.relay import attempt
from aigne_hub.relay.attempt import Headers

log = structlog.get_logger()

_BEGUN = frozenset({200, 201, 202})
_FILMS = frozenset({200, 206, 416})
_DELETED = frozenset({200, 202, 204, 404})
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOST_HOPS = 3
_GIVE_UP_S = 5.0
_JOB_BYTES = 1 << 20  # of an answer that tells of a job


class Maker:
    """Asks about jobs within limits of its own: an answer that tells of one is small and soon there."""

    def __init__(self, client: Client, clock: Clock, limits: Limits) -> None:
        self._client = client
        self._clock = clock
        self._films = replace(limits, first_byte_s=min(limits.first_byte_s, 60.0))
        begin_s, look_s = min(limits.first_byte_s, 90.0), min(limits.first_byte_s, 20.0)
        self._begin = replace(limits, first_byte_s=begin_s, total_s=min(limits.total_s, 120.0), answer_bytes=_JOB_BYTES)
        self._look = replace(limits, first_byte_s=look_s, total_s=min(limits.total_s, 30.0), answer_bytes=_JOB_BYTES)

    async def begin(self, target: Target, asked: Asked) -> bytes:
        """What the provider tells of the new job. Raises UpstreamFailed."""
        exchange = await attempt.send(
            self._client,
            self._clock,
            self._begin,
            target,
            asked.path,
            asked.body,
            content_type=asked.content_type,
        )
        return await _told(exchange)

    async def look(self, target: Target, called: CalledVideos, video_id: str) -> bytes:
        """What the provider tells of a job now. Raises UpstreamFailed."""
        return await _told(await self._ask(target, b"GET", called.status_path(video_id)))

    async def delete(self, target: Target, called: CalledVideos, video_id: str) -> None:
        """Have a video deleted; that it is gone already is as good. Raises UpstreamFailed."""
        path = called.delete_path(video_id)
        if path is None:
            return
        exchange = await self._ask(target, b"DELETE", path)
        try:
            if exchange.status not in _DELETED:
                raise await attempt.refusal(exchange)
        finally:
            exchange.close()

    async def give_up(self, target: Target, called: CalledVideos, video_id: str) -> None:
        """Tell the provider that nobody will fetch this; for a moment only, and whatever it says."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GIVE_UP_S):
                try:
                    await self.delete(target, called, video_id)
                except HubError as error:
                    log.info("video not cancelled", provider=target.provider.id, code=error.code)

    async def open(self, target: Target, path: bytes, extra: Headers = ()) -> Exchange:
        """A film on its way, with a status of 200, 206 or 416; must be closed. Raises UpstreamFailed."""
        exchange = await self._ask(target, b"GET", path, self._films, extra)
        for _ in range(_MOST_HOPS):
            if exchange.status not in _MOVED:
                break
            where = exchange.header(b"location") or b""
            exchange.close()
            exchange = await self._follow(target, path, where.decode("latin-1"), extra)
        if exchange.status in _FILMS:
            return exchange
        try:
            raise await attempt.refusal(exchange)
        finally:
            exchange.close()

    async def _ask(
        self, target: Target, method: bytes, path: bytes, limits: Limits | None = None, extra: Headers = ()
    ) -> Exchange:
        return await attempt.send(
            self._client, self._clock, limits or self._look, target, path, b"", method=method, extra=extra
        )

    async def _follow(self, target: Target, path: bytes, where: str, extra: Headers) -> Exchange:
        """Go where a provider keeps its films. The key is shown at its own address alone, and other places by https."""
        base = f"{target.origin.scheme}://{target.origin.host_header.decode()}{(target.base_path + path).decode()}"
        try:
            url, mark, query = urljoin(base, where).partition("?")
            origin, found = Origin.parse(url)
            wanted = (found or "/").encode("ascii") + (mark + query).encode("ascii")
        except ValueError as error:
            raise _astray() from error
        if origin != target.origin and origin.scheme != "https":
            raise _astray()
        headers = target.headers if origin == target.origin else ((b"user-agent", b"aigne-hub"), (b"accept", b"*/*"))
        return await self._client.send(origin, b"GET", wanted, headers + extra, b"", self._films)


async def _told(exchange: Exchange) -> bytes:
    try:
        if exchange.status in _BEGUN:
            return await exchange.read()
        raise await attempt.refusal(exchange)
    finally:
        exchange.close()


def _astray() -> UpstreamFailed:
    return UpstreamFailed(Failure.malformed, "the provider sends us for its film to an address that is none")
