"""How often a job is looked at lives here: soon at first, then less often, and never all at once."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import SystemRandom

_FIRST_S = 2.0
_LONGEST_S = 10.0
_GROWTH = 1.4
_SPREAD = 0.2

_random = SystemRandom()


def pauses() -> Iterator[float]:
    """Seconds between two looks, without end."""
    pause_s = _FIRST_S
    while True:
        yield pause_s * _random.uniform(1 - _SPREAD, 1 + _SPREAD)
        pause_s = min(_LONGEST_S, pause_s * _GROWTH)
