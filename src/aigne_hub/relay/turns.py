"""Whose turn it is lives here: smooth weighted ones of credentials and lanes, equal ones of providers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from operator import add
from typing import TypeVar

from msgspec import Struct

from aigne_hub.catalog.entries import Pool, ProviderId, Route, Target, Tier

T = TypeVar("T")
TierKey = tuple[str, int, int]

_ASKED_AT_ONCE = 32  # weights that are asked for in one plan, so that a thousand credentials cost it little
_REMEMBERED = 4096  # names whose turns are kept; all begin anew when there are more


class Wheel(Struct, frozen=True):
    """The turns of one provider's credentials, or of a tier's lanes, after some round.

    `current` is as nginx calls it, one for each of `ids`. `weights` are those of the last round. Of many only a part is
    asked for in each, from `asked` on.
    """

    ids: tuple[object, ...]
    current: list[int]
    weights: list[int]
    asked: int = 0

    def over(self, ids: tuple[object, ...], weights: Sequence[int]) -> Wheel:
        """The wheel of those who are there now: who came since begins at rest, and who went is forgotten."""
        if self.ids is ids:
            return self
        current = dict(zip(self.ids, self.current, strict=True))
        return Wheel(ids, [current.get(id_, 0) for id_ in ids], list(weights))


class Plan(Struct, frozen=True):
    """The attempts in order, and what is kept of the turns when they are followed."""

    targets: Sequence[Target]
    provider_id: ProviderId | None = None  # whose wheel turned
    wheel: Wheel | None = None
    name: str | None = None  # whose pools took turns
    following: int = 0  # the pool that is next
    tier: TierKey | None = None  # whose lanes took turns
    lanes: Wheel | None = None


class Turns:
    """Whose turn it is, in one worker; grows with the providers, and with names up to a bound."""

    def __init__(self) -> None:
        self._wheels: dict[ProviderId, Wheel] = {}
        self._pools: dict[str, int] = {}
        self._tiers: dict[TierKey, Wheel] = {}

    def wheel(self, pool: Pool) -> Wheel:
        known = self._wheels.get(pool.provider_id)
        if known is None:
            return Wheel(pool.ids, [0] * len(pool.ids), list(pool.weights))
        return known.over(pool.ids, pool.weights)

    def lanes(self, key: TierKey, tier: Tier) -> Wheel:
        known = self._tiers.get(key)
        if known is None:
            return Wheel(tier.ids, [0] * len(tier.ids), list(tier.weights))
        return known.over(tier.ids, tier.weights)

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
        if plan.tier is not None and plan.lanes is not None:
            if len(self._tiers) >= _REMEMBERED and plan.tier not in self._tiers:
                self._tiers.clear()
            self._tiers[plan.tier] = plan.lanes


class Spin(Struct, frozen=True):
    """One round of smooth weighted round robin, and the place it chose.

    Every `current` grows by its weight; the highest is chosen, and pays the sum of all weights (contract 5.2). Source:
    https://github.com/nginx/nginx/commit/52327e0627f49dbda1e8db695e63a4b0af4448b1
    """

    at: int
    ahead: list[int]
    weights: list[int]
    asked: int

    def turned(self, wheel: Wheel) -> Wheel:
        """The wheel after the round; a spin is good for one."""
        self.ahead[self.at] -= sum(self.weights)
        return Wheel(wheel.ids, self.ahead, self.weights, self.asked)


def spin(
    items: Sequence[T],
    configured: Sequence[int],
    weigh: Callable[[T, int], int],
    wheel: Wheel,
) -> Spin | None:
    """A round among `items`; None when no weight is above 0."""
    if len(items) > _ASKED_AT_ONCE:
        found = _part_asked(items, configured, weigh, wheel)
        if found is not None and weigh(items[found.at], configured[found.at]) > 0:
            return found
    return _chosen(wheel, list(map(weigh, items, configured)), 0)


def _part_asked(
    items: Sequence[T], configured: Sequence[int], weigh: Callable[[T, int], int], wheel: Wheel
) -> Spin | None:
    """A round in which most weights are those of rounds before; each is asked for again within a few rounds."""
    start = wheel.asked if wheel.asked < len(items) else 0
    part = slice(start, start + _ASKED_AT_ONCE)
    weights = wheel.weights.copy()
    weights[part] = map(weigh, items[part], configured[part])
    return _chosen(wheel, weights, part.stop)


def _chosen(wheel: Wheel, weights: list[int], asked: int) -> Spin | None:
    ahead = list(map(add, wheel.current, weights))
    at = ahead.index(max(ahead))
    if weights[at] > 0:
        return Spin(at, ahead, weights, asked)
    live = list(compress(ahead, weights))  # who has no weight now may have waited longest, and stands aside
    if not live:
        return None
    at = ahead.index(max(live))
    while not weights[at]:
        at = ahead.index(max(live), at + 1)
    return Spin(at, ahead, weights, asked)
