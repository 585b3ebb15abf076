"""The door to providers lives here: it lends connections from the origins' pools and sends requests."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.outbound.connection import Connection
from aigne_hub.outbound.dial import Dialer
from aigne_hub.outbound.exchange import Exchange
from aigne_hub.outbound.guard import Guard
from aigne_hub.outbound.limits import Limits
from aigne_hub.outbound.origin import Origin
from aigne_hub.outbound.pool import Pool
from aigne_hub.outbound.proxy import Proxy
from aigne_hub.outbound.request import render_head
from aigne_hub.outbound.resend import may_resend

__all__ = ["Client", "Exchange", "Limits", "Origin"]

_CLOSE_WAIT_S = 1.0
_CLOSE_STEP_S = 0.01


class Client:
    """Sends requests to providers over kept-alive connections, at most `per_origin` to each.

    `proxy` is `http://[user:password@]host:port` and leads everywhere but to this machine (ValueError
    if malformed). `tls` replaces the system's trust store. Belongs to the loop of its first request.
    """

    def __init__(
        self,
        *,
        deadlines: Deadlines,
        guard: Guard,
        per_origin: int = 1000,
        idle_keep_s: float = 60.0,
        proxy: str | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._deadlines = deadlines
        self._guard = guard
        self._per_origin = per_origin
        self._idle_keep_s = idle_keep_s
        self._proxy = None if proxy is None else Proxy.parse(proxy)
        self._tls = _trust_system() if tls is None else tls
        self._pools: dict[Origin, Pool] = {}
        self._dialer: Dialer | None = None
        self._sweep_ticket = 0
        self._is_closed = False

    @property
    def open_connections(self) -> int:
        """Connections that exist or are being made, to all origins."""
        return sum(pool.open_count for pool in self._pools.values())

    @property
    def idle_connections(self) -> int:
        return sum(pool.idle_count for pool in self._pools.values())

    async def send(
        self,
        origin: Origin,
        method: bytes,
        path: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        body: bytes,
        limits: Limits,
        *,
        when_sent: Callable[[], None] | None = None,
    ) -> Exchange:
        """Send a request and return when the head of its answer is there; the caller must close the exchange.

        Host, Content-Length and Accept-Encoding are added, and those and hop-by-hop fields among `headers`
        are left out. A redirect is an answer like any other. `when_sent` hears that the request has been written,
        and again if it has to be sent over another connection. Raises UpstreamFailed.
        """
        head = render_head(origin, method, path, headers, len(body))
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._open_pool(origin)
        connection = pool.take()
        if connection is None:
            connection = await pool.obtain(limits.connect_s)
        is_head = method == b"HEAD"
        exchange = connection.begin(head, body, limits, is_head=is_head)
        if when_sent is not None:
            when_sent()
        await exchange.answered()
        if exchange.failure is not None and not exchange.has_begun:
            if not _was_never_read(connection, method):
                raise exchange.failure
            # The other idle connections are as old as this one, or older.
            pool.drop_idle()
            connection = await pool.obtain(limits.connect_s)
            exchange = connection.begin(head, body, limits, is_head=is_head)
            if when_sent is not None:
                when_sent()
            await exchange.answered()
        if exchange.failure is not None and not exchange.has_begun:
            raise exchange.failure
        return exchange

    async def close(self) -> None:
        """End every exchange and connection; returns when they are gone, or after a second."""
        self._is_closed = True
        self._deadlines.drop(self._sweep_ticket)
        for pool in self._pools.values():
            pool.close()
        for _ in range(int(_CLOSE_WAIT_S / _CLOSE_STEP_S)):
            if not self.open_connections:
                return
            await asyncio.sleep(_CLOSE_STEP_S)

    def _open_pool(self, origin: Origin) -> Pool:
        dialer = self._dialer
        if dialer is None:
            loop = asyncio.get_running_loop()
            dialer = self._dialer = Dialer(loop, self._deadlines, self._guard, self._proxy, self._tls)
        pool = self._pools[origin] = Pool(origin, self._per_origin, dialer.connect)
        if self._is_closed:
            pool.close()
        elif len(self._pools) == 1:
            self._plan_sweep()
        return pool

    def _plan_sweep(self) -> None:
        self._sweep_ticket = self._deadlines.set(self._idle_keep_s / 4, self._sweep)

    def _sweep(self) -> None:
        before = asyncio.get_running_loop().time() - self._idle_keep_s
        for origin, pool in list(self._pools.items()):
            if pool.open_count:
                pool.drop_idle(before)
            else:
                del self._pools[origin]
        if self._pools:
            self._plan_sweep()


def _was_never_read(connection: Connection, method: bytes) -> bool:
    return may_resend(
        method,
        is_reused=connection.served > 0,
        has_answered=connection.has_answered,
        closed_after_s=connection.closed_after_s,
        round_trip_s=connection.round_trip_s,
    )


def _trust_system() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
