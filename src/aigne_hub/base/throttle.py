"""A small limit of how often one user, or one address, may do a thing lives here."""

from __future__ import annotations

from collections import deque

from aigne_hub.base.errors import TooMany

_MOST_USERS = 10_000


class Throttle:
    """At most `times` in any `period_s` for each user, within this process."""

    def __init__(self, times: int, period_s: float) -> None:
        self._times = times
        self._period_s = period_s
        self._taken: dict[int | str, deque[float]] = {}

    def refuse_full(self, user: int | str, now: float) -> None:
        """Raises TooMany, with when to come back, when there have been too many; counts nothing."""
        taken = self._taken.get(user)
        if taken is not None and len(taken) == self._times and now - taken[0] < self._period_s:
            raise TooMany("Rate limit exceeded", retry_after=int(self._period_s - (now - taken[0])) + 1)

    def take(self, user: int | str, now: float) -> None:
        """Count one; raises TooMany, as `refuse_full` does, when there have been too many."""
        self.refuse_full(user, now)
        self._taken.setdefault(user, deque(maxlen=self._times)).append(now)
        if len(self._taken) > _MOST_USERS:
            self._taken = {u: t for u, t in self._taken.items() if now - t[-1] < self._period_s}
