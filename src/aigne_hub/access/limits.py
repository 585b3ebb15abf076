"""What a key may use at a time and in a minute is counted here."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from aigne_hub.access.identity import Limits
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import TooMany

_WINDOW_S = 60
_SLOTS = _WINDOW_S + 1  # sixty whole seconds and the running one: no 60 seconds ever hold more than the limit
_MOST_KEYS = 10_000  # keys whose counts are kept; beyond, those at rest are dropped
_BUSY_RETRY_S = 1


class Standing(Struct, frozen=True):
    """Where a key stands with one limit: the limit, what is left of it, seconds until more is."""

    limit: int
    left: int
    reset_s: int


class LimitReached(TooMany):
    """A key has used what it may; `requests` and `tokens` say where it stands."""

    def __init__(self, message: str, retry_after: int, lease: Lease) -> None:
        super().__init__(message, retry_after=retry_after)
        self.lease = lease


class Lease(Protocol):
    """A call that was counted and runs; where its key stood when it began."""

    requests: Standing | None
    tokens: Standing | None

    def end(self, tokens: int | None) -> None:
        """The call has ended, having used `tokens`; None keeps what was assumed at its start."""
        ...


class Counters(Protocol):
    """Counts calls and tokens by key. One process counts in memory; many can share a counter behind this."""

    async def take(self, key_id: int, limits: Limits, tokens: int) -> Lease:
        """Count a call that is assumed to use `tokens`. Raises LimitReached when a limit would be passed."""
        ...


class MemoryCounters:
    """Exact within this process: sliding windows of a minute in steps of a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: dict[int, _Count] = {}

    async def take(self, key_id: int, limits: Limits, tokens: int) -> Lease:
        now_s = int(self._clock.monotonic())
        count = self._counts.get(key_id)
        if count is None:
            self._drop_idle(now_s)
            count = self._counts[key_id] = _Count()
        count.advance(now_s)
        lease = _MemoryLease(count, self._clock, now_s, tokens)
        problem = None
        if limits.concurrency is not None and count.running >= limits.concurrency:
            problem = f"this key may run {limits.concurrency} calls at a time", _BUSY_RETRY_S
        elif limits.requests_per_minute is not None and count.requests.total >= limits.requests_per_minute:
            limit = limits.requests_per_minute
            problem = f"this key may make {limit} requests a minute", count.requests.room_in_s(limit, now_s)
        elif limits.tokens_per_minute is not None and count.tokens.total >= limits.tokens_per_minute:
            limit = limits.tokens_per_minute
            problem = f"this key may use {limit} tokens a minute", count.tokens.room_in_s(limit, now_s)
        if problem is None:
            lease.begin()
        lease.requests = _standing(count.requests, limits.requests_per_minute, now_s)
        lease.tokens = _standing(count.tokens, limits.tokens_per_minute, now_s)
        if problem is not None:
            raise LimitReached(*problem, lease)
        return lease

    def _drop_idle(self, now_s: int) -> None:
        if len(self._counts) >= _MOST_KEYS:
            for count in self._counts.values():
                count.advance(now_s)
            self._counts = {key: count for key, count in self._counts.items() if not count.is_idle}


class _Window:
    """A count over the last minute."""

    __slots__ = ("_at_s", "_newest_s", "_slots", "total")

    def __init__(self) -> None:
        self._slots = [0] * _SLOTS
        self._at_s = 0
        self._newest_s = 0
        self.total = 0

    def advance(self, now_s: int) -> None:
        """Let what is older than the window go."""
        if now_s == self._at_s:
            return
        for second in range(max(self._at_s + 1, now_s - _SLOTS + 1), now_s + 1):
            self.total -= self._slots[second % _SLOTS]
            self._slots[second % _SLOTS] = 0
        self._at_s = max(self._at_s, now_s)

    def add(self, second: int, amount: int) -> None:
        """Count at a second that may be over; nothing when it has left the window."""
        if self._at_s - second < _SLOTS:
            self._slots[second % _SLOTS] += amount
            self.total += amount
            self._newest_s = max(self._newest_s, second)

    def room_in_s(self, limit: int, now_s: int) -> int:
        """Seconds until less than `limit` is counted; 0 when it is so now."""
        left = self.total
        for waited in range(_SLOTS):
            if left < limit:
                return waited
            left -= self._slots[(now_s + 1 + waited) % _SLOTS]
        return _SLOTS

    def empty_in_s(self, now_s: int) -> int:
        """Seconds until nothing is counted any more, at the latest."""
        return max(0, self._newest_s + _SLOTS - now_s) if self.total else 0


class _Count:
    """What one key has used."""

    __slots__ = ("requests", "running", "tokens")

    def __init__(self) -> None:
        self.requests = _Window()
        self.tokens = _Window()
        self.running = 0

    @property
    def is_idle(self) -> bool:
        return self.running == self.requests.total == self.tokens.total == 0

    def advance(self, now_s: int) -> None:
        self.requests.advance(now_s)
        self.tokens.advance(now_s)


class _MemoryLease:
    __slots__ = ("_assumed", "_began_s", "_clock", "_count", "_has_ended", "requests", "tokens")

    def __init__(self, count: _Count, clock: Clock, began_s: int, assumed: int) -> None:
        self._count = count
        self._clock = clock
        self._began_s = began_s
        self._assumed = assumed
        self._has_ended = False
        self.requests: Standing | None = None
        self.tokens: Standing | None = None

    def begin(self) -> None:
        self._count.running += 1
        self._count.requests.add(self._began_s, 1)
        self._count.tokens.add(self._began_s, self._assumed)

    def end(self, tokens: int | None) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self._count.running -= 1
        if tokens is not None:
            now_s = int(self._clock.monotonic())
            self._count.advance(now_s)
            self._count.tokens.add(self._began_s, -self._assumed)
            self._count.tokens.add(now_s, tokens)


def _standing(window: _Window, limit: int | None, now_s: int) -> Standing | None:
    if limit is None:
        return None
    left = max(0, limit - window.total)
    return Standing(limit, left, window.empty_in_s(now_s) if left else window.room_in_s(limit, now_s))
