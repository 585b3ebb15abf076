"""Coarse time limits live here: one timer for all of them, so that a limit costs a dict entry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

RESOLUTION_S = 0.1
LONGEST_STEP_S = 3 * RESOLUTION_S  # of time between two looks that counts


class Deadlines:
    """Calls back when a limit passes, up to RESOLUTION_S late; setting and dropping one costs well under 1 µs.

    A timer of its own for each request costs several microseconds a request; limits of seconds to
    minutes need no such precision. The one timer runs only while a limit is set.

    Time in which this process stood still (a machine that slept or had no core to spare) does not count: what others
    sent meanwhile lies there unread, and they were not slow.
    """

    def __init__(self) -> None:
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}
        self._next = 0
        self._timer: asyncio.TimerHandle | None = None
        self.loop: asyncio.AbstractEventLoop | None = None  # where limits run, once one was set
        self._counted_s = 0.0  # of time until the last look …
        self._looked_s = 0.0  # … which was then

    def set(self, seconds: float, expire: Callable[[], None]) -> int:
        """Have `expire` called after `seconds` unless the returned ticket is dropped before."""
        loop = self.loop
        if loop is None:
            loop = self.loop = asyncio.get_running_loop()
        if self._timer is None:
            self._looked_s = loop.time()
            self._timer = loop.call_later(RESOLUTION_S, self._sweep)
        self._next = ticket = self._next + 1
        self._due[ticket] = (self._now(loop.time()) + seconds, expire)
        return ticket

    def drop(self, ticket: int) -> None:
        self._due.pop(ticket, None)

    def __len__(self) -> int:
        return len(self._due)

    def _now(self, time_s: float) -> float:
        return self._counted_s + min(time_s - self._looked_s, LONGEST_STEP_S)

    def _sweep(self) -> None:
        loop = self.loop
        assert loop is not None
        time_s = loop.time()
        now = self._counted_s = self._now(time_s)
        self._looked_s = time_s
        passed = [ticket for ticket, (due, _) in self._due.items() if due <= now]
        for ticket in passed:
            entry = self._due.pop(ticket, None)
            if entry is not None:  # an earlier callback of this sweep may have dropped it
                entry[1]()
        self._timer = loop.call_later(RESOLUTION_S, self._sweep) if self._due else None
