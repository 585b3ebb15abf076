"""How loaded this worker is lives here: how many calls it has, how late its loop is, and when that is too much.

What has been begun goes on. New calls are refused while there is still the strength to refuse them: a hub that takes
all comes to a standstill for everybody.
"""

from __future__ import annotations

import structlog

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Unavailable

log = structlog.get_logger()

MOST_RUNNING = 2048  # calls at once; each holds its request, and some of its answer
_FEW = MOST_RUNNING * 9 // 10  # so that it is not said again and again while calls come and go at the limit
FEW_RUNNING = 16  # never too much, however late the loop is: it is not they who make it so
LOOK_S = 0.5
LATE_S, CAUGHT_UP_S = 1.0, 0.25  # of the loop, smoothed: too late, and in time again
_MOST_COUNTED_S = 3.0  # of one look: a machine that stood still, as one that slept does, is not loaded
_WEIGHT = 0.3  # of the last look
_LONGEST_AGAIN_S = 4


class Load:
    """Of one worker. Doors count their calls in `running`, and refuse one when it is too much."""

    __slots__ = ("_clock", "_is_told", "_looked_s", "_seen", "is_late", "late_s", "refused", "running")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.running = 0
        self.refused = 0
        self.late_s = 0.0
        self.is_late = False
        self._looked_s: float | None = None
        self._seen = 0  # refusals, at the last look
        self._is_told = False

    @property
    def is_too_much(self) -> bool:
        return self.running > (FEW_RUNNING if self.is_late else MOST_RUNNING)

    def refusal(self) -> Unavailable:
        """What a call is refused with. Not all are told to come back at the same time."""
        self.refused += 1
        again_s = 1 + self.refused % _LONGEST_AGAIN_S
        return Unavailable("the hub has more to do than it can: try again soon", code="overloaded", retry_after=again_s)

    async def look(self) -> None:
        """See how late this is for a look every LOOK_S seconds. A clock tick calls this."""
        now = self._clock.monotonic()
        if self._looked_s is not None:
            late_s = min(max(now - self._looked_s - LOOK_S, 0.0), _MOST_COUNTED_S)
            self.late_s += _WEIGHT * (late_s - self.late_s)
            self.is_late = self.late_s > (CAUGHT_UP_S if self.is_late else LATE_S)
        self._looked_s = now
        self._tell()

    def _tell(self) -> None:
        """Say once when calls begin to be refused, and once when that is over."""
        is_refusing, self._seen = self.refused > self._seen, self.refused
        facts = {"running": self.running, "late_ms": round(self.late_s * 1000), "refused": self.refused}
        if is_refusing and not self._is_told:
            self._is_told = True
            log.warning("calls are refused: more to do than can be done", **facts)
        elif self._is_told and not (is_refusing or self.is_late or self.running > _FEW):
            self._is_told = False
            log.warning("calls are taken again", **facts)
