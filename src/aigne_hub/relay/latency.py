"""How soon each provider's models say something lives here: a peak-sensitive average, and a histogram.

And how many calls run there, of names whose route goes by it: who is fast is asked less the more it has to do.
"""

from __future__ import annotations

from math import exp, log2

from aigne_hub.base.clock import Clock
from aigne_hub.catalog.entries import ProviderId, Target
from aigne_hub.relay.slots import Slot

MOST_MODELS = 1024
DECAY_S = 30.0  # after which an average has lost two thirds of what it was
LEAST_SEEN = 20  # times from which a percentile means something
_MOST_COUNTED = 1000  # then all counts are halved, so that old times fade
_LEAST_S = 0.001
_UNKNOWN_S = 1e6  # more than anybody takes: who is unknown has one call, until it has answered
_BUCKETS_A_DOUBLING = 4
_BUCKETS = 24 * _BUCKETS_A_DOUBLING  # up to four hours

_Key = tuple[ProviderId, str]


class _Times:
    """Of one model. A slow answer counts at once and in full, a fast one slowly: as Finagle's peak EWMA does."""

    __slots__ = ("asked_s", "counts", "noted_s", "peak_s", "seen")

    def __init__(self) -> None:
        self.peak_s = self.noted_s = self.asked_s = 0.0
        self.counts = [0] * _BUCKETS
        self.seen = 0


class Running:
    """A call that runs at a target, until it is ended; ending it again does nothing. It has its slot along."""

    __slots__ = ("_has_spoken", "_is_over", "_latency", "slot", "target")

    def __init__(self, latency: Latency, target: Target, slot: Slot | None) -> None:
        self.target = target
        self.slot = slot
        self._latency = latency
        self._has_spoken = self._is_over = False

    def spoke(self, seconds: float) -> None:
        """It took so long to say something, or to say nothing; only the first time counts."""
        if not self._has_spoken:
            self._has_spoken = True
            self._latency.note(self.target, seconds)

    def end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._latency.ended(self.target)
        if self.slot is not None:
            self.slot.end()


class Latency:
    """The memory of one worker of the times until the first byte, by provider and model."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.monotonic
        self._times: dict[_Key, _Times] = {}
        self._running: dict[_Key, int] = {}  # those at which any runs

    @property
    def running(self) -> int:
        """Calls that run, at all targets."""
        return sum(self._running.values())

    def running_at(self, target: Target) -> int:
        return self._running.get((target.provider.id, target.model), 0)

    def begin(self, target: Target, slot: Slot | None = None) -> Running:
        """A call runs there from now on."""
        key = (target.provider.id, target.model)
        self._running[key] = self._running.get(key, 0) + 1
        times = self._times.get(key)
        if times is not None:
            times.asked_s = self._now()
        return Running(self, target, slot)

    def ended(self, target: Target) -> None:
        """A call does not run there any more."""
        key = (target.provider.id, target.model)
        left = self._running[key] - 1
        if left:
            self._running[key] = left
        else:
            del self._running[key]

    def note(self, target: Target, seconds: float) -> None:
        """It took so long."""
        seconds = max(seconds, _LEAST_S)
        times, now = self._of((target.provider.id, target.model)), self._now()
        if seconds >= times.peak_s:
            times.peak_s = seconds
        else:
            share = exp(-(now - times.noted_s) / DECAY_S)
            times.peak_s = times.peak_s * share + seconds * (1 - share)
        times.noted_s = now
        times.counts[_bucket(seconds)] += 1
        times.seen += 1
        if times.seen >= _MOST_COUNTED:
            times.counts = [count // 2 for count in times.counts]
            times.seen = sum(times.counts)

    def expected(self, target: Target) -> float:
        """Seconds; 0 when it is unknown. Ever less while it is left alone, so that the slow are tried again.

        Who has just been asked is not left alone. Or one that was quiet for long would seem the best to all the calls
        that come until it has answered.
        """
        times = self._times.get((target.provider.id, target.model))
        return 0.0 if times is None else self._faded(times)

    def score(self, target: Target) -> float:
        """What a further call adds to, the less the better: the seconds expected, for each call that runs and for it.

        Source: https://github.com/twitter/finagle, PeakEwma.scala
        """
        key = (target.provider.id, target.model)
        times, running = self._times.get(key), self._running.get(key, 0)
        if times is None:
            return _UNKNOWN_S * running
        return self._faded(times) * (running + 1)

    def _faded(self, times: _Times) -> float:
        return times.peak_s * exp((max(times.noted_s, times.asked_s) - self._now()) / DECAY_S)

    def percentile(self, target: Target, share: float) -> float | None:
        """Seconds within which this share of the first bytes came, to a fifth; None when too few were seen."""
        times = self._times.get((target.provider.id, target.model))
        if times is None or times.seen < LEAST_SEEN:
            return None
        left = share * times.seen
        for at, count in enumerate(times.counts):
            left -= count
            if left <= 0:
                return float(_LEAST_S * 2 ** ((at + 1) / _BUCKETS_A_DOUBLING))
        return float(_LEAST_S * 2 ** (_BUCKETS / _BUCKETS_A_DOUBLING))

    def _of(self, key: _Key) -> _Times:
        """Models are named by callers: there are no more than a limit, the longest quiet one goes first."""
        times = self._times.get(key)
        if times is None:
            if len(self._times) >= MOST_MODELS:
                del self._times[min(self._times, key=lambda one: self._times[one].noted_s)]
            times = self._times[key] = _Times()
        return times


def _bucket(seconds: float) -> int:
    if seconds <= _LEAST_S:
        return 0
    return min(int(log2(seconds / _LEAST_S) * _BUCKETS_A_DOUBLING), _BUCKETS - 1)
