"""The line of a pool's credentials lives here: who offers itself next, and who is the last resort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, islice
from math import ceil
from typing import Protocol

from aigne_hub.base.errors import Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import Pool, Target
from aigne_hub.relay.turns import Turns

# Targets that a plan lists. More than are tried, for some may be no choice for the very call.
MOST_PLANNED = 16
_AGAIN_S = 5


class Conditions(Protocol):
    """What is known of targets at this moment, and hears how attempts at them ended."""

    def weight(self, target: Target, configured: int) -> int:
        """The weight of a target now; 0 is not now."""
        ...

    def is_doubtful(self, target: Target) -> bool:
        """Whether it kept callers waiting until it was shut: nobody should wait for it who need not."""
        ...

    def began(self, target: Target) -> None:
        """An attempt is being made."""
        ...

    def succeeded(self, target: Target) -> None: ...

    def failed(self, target: Target, error: UpstreamFailed) -> None: ...

    def left(self, target: Target) -> None:
        """An attempt was given up before it showed anything."""
        ...

    def last_resorts(self, targets: Iterable[Target]) -> Iterator[Target]:
        """Of targets those that are worth a try when there is nobody else, though they count 0 now."""
        ...

    def soonest(self, targets: Iterable[Target]) -> float | None:
        """Seconds until one of them may be tried again; None when none is known to come back."""
        ...


def choice(pool: Pool, conditions: Conditions, turns: Turns, left: list[Iterator[Target]]) -> Iterable[Target]:
    """Whom another pool offers, if anybody: who has waited longest. Its others are added to what is `left`."""
    if len(pool.targets) == 1:
        return pool.targets if conditions.weight(pool.targets[0], pool.weights[0]) > 0 else ()
    current = turns.wheel(pool).current
    line = usable(pool, conditions, current.index(max(current)), len(pool.targets))
    left.append(line)
    return islice(line, 1)


def usable(pool: Pool, conditions: Conditions, start: int, count: int) -> Iterator[Target]:
    """The pool's targets from `start` on, so that not all calls fall upon the same one next."""
    for at in range(start, start + count):
        target = pool.targets[at % len(pool.targets)]
        if conditions.weight(target, pool.weights[at % len(pool.targets)]) > 0:
            yield target


def last_resort(name: str, pools: Sequence[Pool], conditions: Conditions) -> Target:
    """Of pools whose every weight is 0. Raises Unavailable when there is none."""
    target = next(conditions.last_resorts(wanted(pools)), None)
    if target is None:
        raise nothing_left(name, pools, conditions)
    return target


def wanted(pools: Iterable[Pool]) -> Iterator[Target]:
    """All that an operator did not switch off by a weight of 0."""
    return (one for pool in pools for one in compress(pool.targets, pool.weights))


def nothing_left(name: str, pools: Sequence[Pool], conditions: Conditions) -> Unavailable:
    """What is told when no target of some pools may be tried."""
    names = ", ".join(dict.fromkeys([pool.targets[0].provider.name for pool in pools][:5]))
    given = list(wanted(pools))
    if not given:
        message = f"every credential for {name} has a weight of 0 (at {names}): an administrator has to raise one"
        return Unavailable(message, code="no_target")
    wait_s = conditions.soonest(given)
    if wait_s is None:
        message = f"every credential for {name} is refused (at {names}): an administrator has to mend one"
    else:
        message = f"no credential for {name} can be used for now (at {names}): try again soon"
    return Unavailable(message, code="no_target", retry_after=_AGAIN_S if wait_s is None else max(1, ceil(wait_s)))
