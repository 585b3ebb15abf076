"""How soon each provider's models say something lives here: a peak-sensitive average, and a histogram."""

from __future__ import annotations

from math import exp, log2

from aigne_hub.base.clock import Clock
from aigne_hub.catalog.entries import ProviderId, Target

MOST_MODELS = 1024
DECAY_S = 30.0  # after which an average has lost two thirds of what it was
LEAST_SEEN = 20  # times from which a percentile means something
_MOST_COUNTED = 1000  # then all counts are halved, so that old times fade
_LEAST_S = 0.001
_BUCKETS_A_DOUBLING = 4
_BUCKETS = 24 * _BUCKETS_A_DOUBLING  # up to four hours

_Key = tuple[ProviderId, str]


class _Times:
    """Of one model. A slow answer counts at once and in full, a fast one slowly: as Finagle's peak EWMA does."""

    __slots__ = ("counts", "noted_s", "peak_s", "seen")

    def __init__(self) -> None:
        self.peak_s = self.noted_s = 0.0
        self.counts = [0] * _BUCKETS
        self.seen = 0


class Latency:
    """The memory of one worker of the times until the first byte, by provider and model."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.monotonic
        self._times: dict[_Key, _Times] = {}

    def note(self, target: Target, seconds: float) -> None:
        """It took so long."""
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

    def score(self, target: Target) -> float:
        """Seconds that are to be expected; ever less while nothing is heard, so that the slow are tried again."""
        times = self._times.get((target.provider.id, target.model))
        return 0.0 if times is None else times.peak_s * exp(-(self._now() - times.noted_s) / DECAY_S)

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
