"""Planning lives here: a route, what is known of its targets and whose turn it is become the attempts, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, compress, islice
from math import ceil
from operator import add
from typing import Protocol

from msgspec import Struct

from aigne_hub.base.errors import Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import CredentialId, Pool, ProviderId, Route, Target

# Targets that a plan lists. More than are tried, for some may be no choice for the very call.
MOST_PLANNED = 16
_ASKED_AT_ONCE = 32  # weights that are asked for in one plan, so that a thousand credentials cost it little
_REMEMBERED = 4096  # names whose turns are kept; all begin anew when there are more
_AGAIN_S = 5


class Conditions(Protocol):
    """What is known of targets at this moment, and hears how attempts at them ended."""

    def weight(self, target: Target, configured: int) -> int:
        """The weight of a target now; 0 is not now."""
        ...

    def began(self, target: Target) -> None:
        """An attempt is being made."""
        ...

    def succeeded(self, target: Target) -> None: ...

    def failed(self, target: Target, error: UpstreamFailed) -> None: ...

    def last_resort(self, targets: Iterable[Target]) -> Target | None:
        """Of targets whose weights are all 0, one that is worth a try all the same."""
        ...

    def soonest(self, targets: Iterable[Target]) -> float | None:
        """Seconds until one of them may be tried again; None when none is known to come back."""
        ...


class Wheel(Struct, frozen=True):
    """The turns of one provider's credentials, after some round: `current` as nginx calls it, one for each of `ids`.

    `weights` are those of the last round. Of many only a part is asked for in each, from `asked` on.
    """

    ids: tuple[CredentialId, ...]
    current: list[int]
    weights: list[int]
    asked: int = 0


class Plan(Struct, frozen=True):
    """The attempts in order, and what is kept of the turns when they are followed."""

    targets: Sequence[Target]
    provider_id: ProviderId | None = None  # whose wheel turned
    wheel: Wheel | None = None
    name: str | None = None  # whose pools took turns
    following: int = 0  # the pool that is next


class Turns:
    """Whose turn it is, in one worker; grows with the providers, and with bare names up to a bound."""

    def __init__(self) -> None:
        self._wheels: dict[ProviderId, Wheel] = {}
        self._pools: dict[str, int] = {}

    def wheel(self, pool: Pool) -> Wheel:
        """The pool's wheel; credentials that came since begin at rest, and those that went are forgotten."""
        known = self._wheels.get(pool.provider_id)
        if known is None:
            return Wheel(pool.ids, [0] * len(pool.ids), list(pool.weights))
        if known.ids is pool.ids:
            return known
        current = dict(zip(known.ids, known.current, strict=True))
        return Wheel(pool.ids, [current.get(id_, 0) for id_ in pool.ids], list(pool.weights))

    def pool(self, route: Route) -> int:
        """Which of the route's pools is next."""
        return self._pools.get(route.name, 0) % len(route.pools)

    def follow(self, plan: Plan) -> None:
        """The turns of a plan have been taken."""
        if plan.wheel is not None and plan.provider_id is not None:
            self._wheels[plan.provider_id] = plan.wheel
        if plan.name is not None:
            if len(self._pools) >= _REMEMBERED and plan.name not in self._pools:
                self._pools.clear()
            self._pools[plan.name] = plan.following


class Planner:
    """Plans the attempts of calls, in one worker."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self._turns = Turns()

    def attempts(self, route: Route) -> Sequence[Target]:
        """The targets to try, in order: at least one. Raises Unavailable when none is to be had now."""
        if len(route.pools) == 1 and len(route.pools[0].targets) == 1:  # most calls: nobody takes turns
            (pool,) = route.pools
            if self.conditions.weight(pool.targets[0], pool.weights[0]) > 0:
                return pool.targets
        plan = make_plan(route, self.conditions, self._turns)
        self._turns.follow(plan)
        return plan.targets

    def first(self, route: Route) -> Target:
        """The target of a call that has one attempt."""
        return self.attempts(route)[0]

    def may_begin(self, target: Target) -> bool:
        """Whether a target that was planned a while ago may still be tried: another call may have its probe since."""
        return self.conditions.weight(target, 1) > 0 or self.conditions.last_resort((target,)) is not None

    def nothing_left(self, route: Route) -> Unavailable:
        """What a call ends with when all that was planned may not be tried any more."""
        return _nothing_left(route, self.conditions.soonest([one for pool in route.pools for one in pool.targets]))

    @contextmanager
    def attempting(self, target: Target) -> Iterator[None]:
        """The only attempt of a call: conditions hear how it began and ended."""
        self.conditions.began(target)
        try:
            yield
        except UpstreamFailed as error:
            self.conditions.failed(target, error)
            raise
        self.conditions.succeeded(target)


def make_plan(route: Route, conditions: Conditions, turns: Turns) -> Plan:
    """The attempts at a route, at most MOST_PLANNED. Changes nothing.

    Pools take turns, and so do the credentials of a pool, by their weights. First comes the choice of the pool whose
    turn it is; then the choices of the others, for another provider survives an outage better than another key of the
    same; then the credentials that are left. Who comes second takes no turn by it: most plans end with their first.
    When conditions leave nothing, their last resort; raises Unavailable when there is none.
    """
    start, count = turns.pool(route), len(route.pools)
    order = chain(range(start, count), range(start))
    for at in order:
        pool = route.pools[at]
        spin = _spin(pool, conditions, turns.wheel(pool))
        if spin is not None:
            break
    else:
        return Plan((_last_resort(route, conditions),))
    targets = [pool.targets[spin.at]]
    left = [_usable(pool, conditions, spin.at + 1, len(pool.targets) - 1)]
    for other in order:
        if len(targets) == MOST_PLANNED:
            break
        targets += _choice(route.pools[other], conditions, turns, left)
    targets += islice(chain.from_iterable(left), MOST_PLANNED - len(targets))
    if count == 1:
        return Plan(targets, pool.provider_id, spin.turned(pool))
    return Plan(targets, pool.provider_id, spin.turned(pool), route.name, (at + 1) % count)


def _choice(pool: Pool, conditions: Conditions, turns: Turns, left: list[Iterator[Target]]) -> Iterable[Target]:
    """Whom another pool offers, if anybody: who has waited longest. Its others are added to what is `left`."""
    if len(pool.targets) == 1:
        return pool.targets if conditions.weight(pool.targets[0], pool.weights[0]) > 0 else ()
    current = turns.wheel(pool).current
    line = _usable(pool, conditions, current.index(max(current)), len(pool.targets))
    left.append(line)
    return islice(line, 1)


def _usable(pool: Pool, conditions: Conditions, start: int, count: int) -> Iterator[Target]:
    """The pool's targets from `start` on, so that not all calls fall upon the same one next."""
    for at in range(start, start + count):
        target = pool.targets[at % len(pool.targets)]
        if conditions.weight(target, pool.weights[at % len(pool.targets)]) > 0:
            yield target


class _Spin(Struct, frozen=True):
    """One round of a pool's smooth weighted round robin, and the place it chose.

    Every `current` grows by its weight; the highest is chosen, and pays the sum of all weights (contract 5.2). Source:
    https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1
    """

    at: int
    ahead: list[int]
    weights: list[int]
    asked: int

    def turned(self, pool: Pool) -> Wheel:
        """The wheel after the round; a spin is good for one."""
        self.ahead[self.at] -= sum(self.weights)
        return Wheel(pool.ids, self.ahead, self.weights, self.asked)


def _spin(pool: Pool, conditions: Conditions, wheel: Wheel) -> _Spin | None:
    """None when no weight is above 0."""
    count = len(pool.targets)
    if count > _ASKED_AT_ONCE:
        found = _part_asked(pool, conditions, wheel)
        if found is not None and conditions.weight(pool.targets[found.at], pool.weights[found.at]) > 0:
            return found
    weights = list(map(conditions.weight, pool.targets, pool.weights))
    return _chosen(wheel, weights, 0)


def _part_asked(pool: Pool, conditions: Conditions, wheel: Wheel) -> _Spin | None:
    """A round in which most weights are those of rounds before; each is asked for again within a few rounds."""
    start = wheel.asked if wheel.asked < len(pool.targets) else 0
    part = slice(start, start + _ASKED_AT_ONCE)
    weights = wheel.weights.copy()
    weights[part] = map(conditions.weight, pool.targets[part], pool.weights[part])
    return _chosen(wheel, weights, part.stop)


def _chosen(wheel: Wheel, weights: list[int], asked: int) -> _Spin | None:
    ahead = list(map(add, wheel.current, weights))
    at = ahead.index(max(ahead))
    if weights[at] > 0:
        return _Spin(at, ahead, weights, asked)
    live = list(compress(ahead, weights))  # who has no weight now may have waited longest, and stands aside
    if not live:
        return None
    at = ahead.index(max(live))
    while not weights[at]:
        at = ahead.index(max(live), at + 1)
    return _Spin(at, ahead, weights, asked)


def _last_resort(route: Route, conditions: Conditions) -> Target:
    """Raises Unavailable when there is none."""
    wanted = [one for pool in route.pools for one in compress(pool.targets, pool.weights)]
    target = conditions.last_resort(wanted)
    if target is None:
        raise _nothing_left(route, conditions.soonest(wanted))
    return target


def _nothing_left(route: Route, wait_s: float | None) -> Unavailable:
    names = ", ".join([pool.targets[0].provider.name for pool in route.pools[:5]])
    if not any(map(any, [pool.weights for pool in route.pools])):
        message = f"every credential for {route.name} has a weight of 0 (at {names}): an administrator has to raise one"
        return Unavailable(message, code="no_target")
    if wait_s is None:
        message = f"every credential for {route.name} is refused (at {names}): an administrator has to mend one"
    else:
        message = f"no credential for {route.name} can be used for now (at {names}): try again soon"
    return Unavailable(message, code="no_target", retry_after=_AGAIN_S if wait_s is None else max(1, ceil(wait_s)))
