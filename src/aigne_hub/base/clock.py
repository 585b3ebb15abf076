"""Time lives here, as one replaceable object: tests stop it, the hub never reads it elsewhere."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """The real clock. Wall time in integer milliseconds since 1970, monotonic time in seconds."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class StoppedClock(Clock):
    """A clock that stands still until it is moved; for tests and replays."""

    def __init__(self, now_ms: int = 1_760_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return self._now_ms / 1000

    async def sleep(self, seconds: float) -> None:
        """The time passes at once, for this clock alone."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        self._now_ms += int(seconds * 1000)
