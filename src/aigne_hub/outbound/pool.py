"""The connections to one origin live here: the idle ones, the number of all, and who waits for one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.connection import Connection
from aigne_hub.outbound.origin import Origin

Dial = Callable[[Origin, float], Awaitable[Connection]]
WAITERS_PER_CONNECTION = 2


class Pool:
    """Lends connections: the one used last first, so that the surplus grows old and is closed.

    At most `bound` connections exist or are being made. Beyond, callers wait in line; what comes free,
    a connection or the room (None) to make one, is handed to the first, and nobody can slip past.
    """

    def __init__(self, origin: Origin, bound: int, dial: Dial) -> None:
        self._origin = origin
        self._bound = bound
        self._dial = dial
        self._idle: list[Connection] = []
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._all: set[Connection] = set()
        self._dialing = 0
        self._is_closed = False

    @property
    def open_count(self) -> int:
        """Connections that exist or are being made."""
        return len(self._all) + self._dialing

    @property
    def idle_count(self) -> int:
        return len(self._idle)

    def take(self) -> Connection | None:
        """An idle connection, if there is a usable one, at no wait."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fit():
                return connection
            connection.abort()
        return None

    async def obtain(self, within_s: float) -> Connection:
        """A connection, waited for or made, each within `within_s`; raises UpstreamFailed."""
        while True:
            if self._is_closed:
                raise UpstreamFailed(Failure.refused, "the hub is shutting down")
            connection = self.take()
            if connection is not None:
                return connection
            if self.open_count < self._bound:
                self._dialing += 1
                return await self._fill_room(within_s)
            connection = await self._stand_in_line(within_s)
            if connection is None:
                return await self._fill_room(within_s)
            if connection.is_fit():
                return connection
            connection.abort()

    def drop_idle(self, before: float | None = None) -> None:
        """Close the idle connections, all or those last used before a time of the loop's clock."""
        idle = self._idle
        count = len(idle)
        if before is not None:
            count = next((i for i, connection in enumerate(idle) if connection.idle_since >= before), count)
        old = idle[:count]
        del idle[:count]
        for connection in old:
            connection.abort()

    def close(self) -> None:
        """End every connection and everyone's wait; what is being made is closed when it is there."""
        self._is_closed = True
        self.drop_idle()
        for connection in list(self._all):
            connection.fail(UpstreamFailed(Failure.broken, "the hub is shutting down"))
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(UpstreamFailed(Failure.refused, "the hub is shutting down"))
        self._waiters.clear()

    async def _fill_room(self, within_s: float) -> Connection:
        """Make the connection that `_dialing` already counts."""
        try:
            connection = await self._dial(self._origin, within_s)
        except BaseException:
            self._dialing -= 1
            self._offer_room()
            raise
        self._dialing -= 1
        if self._is_closed or connection.is_lost:
            connection.abort()
            self._offer_room()
            raise UpstreamFailed(Failure.refused, f"could not connect to {self._origin}: the connection was closed")
        self._all.add(connection)
        connection.on_idle = self._give_back
        connection.on_gone = self._forget
        return connection

    async def _stand_in_line(self, within_s: float) -> Connection | None:
        if len(self._waiters) >= WAITERS_PER_CONNECTION * self._bound:
            raise UpstreamFailed(Failure.overloaded, f"too many calls wait for a connection to {self._origin}")
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(within_s):
                return await waiter
        except TimeoutError:
            self._leave_line(waiter)
            raise UpstreamFailed(
                Failure.timeout, f"no connection to {self._origin} came free within {within_s:g} s"
            ) from None
        except BaseException:
            self._leave_line(waiter)
            raise

    def _leave_line(self, waiter: asyncio.Future[Connection | None]) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        if not waiter.done() or waiter.cancelled() or waiter.exception() is not None:
            return
        # It was served at the very moment it left: the next one gets it.
        connection = waiter.result()
        if connection is None:
            self._dialing -= 1
            self._offer_room()
        else:
            self._give_back(connection)

    def _next_in_line(self) -> asyncio.Future[Connection | None] | None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                return waiter
        return None

    def _give_back(self, connection: Connection) -> None:
        if connection.is_lost:
            return
        waiter = self._next_in_line() if self._waiters else None
        if waiter is not None:
            waiter.set_result(connection)
        else:
            self._idle.append(connection)

    def _forget(self, connection: Connection) -> None:
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._offer_room()

    def _offer_room(self) -> None:
        waiter = self._next_in_line()
        if waiter is not None:
            self._dialing += 1
            waiter.set_result(None)
