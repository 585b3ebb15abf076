"""Operators' routes in memory live here: the targets they name become lanes, and what cannot be used is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice

from aigne_hub.base.errors import HubError, Unavailable
from aigne_hub.catalog.entries import Condition, Lane, LeftOut, Pool, Route, Strategy, Tier
from aigne_hub.catalog.routes.entries import Aim, KeptRoute, TierDraft
from aigne_hub.dialects.call import Kind

MOST_LANES = 1000  # of a route, those of the routes it falls back to included
MOST_DEEP = 16  # routes that lead to routes
_MOST_TOLD = 5

Finding = Callable[[str, Kind | None], list[Pool]]  # what a name leads to without a route; raises HubError
Pricing = Callable[[Pool], Decimal | None]


class Paths:
    """Every route that an operator made."""

    def __init__(
        self, kept: Iterable[KeptRoute], names_provider: Callable[[str], bool], find: Finding, price: Pricing
    ) -> None:
        self._kept = {route.model: route for route in kept}
        self._names_provider = names_provider
        self._find = find
        self._price = price

    def lay(self, name: str, kind: Kind | None, *, sent: str) -> Route | None:
        """The route of a name, `sent` so by its caller; None when no operator made one. It may lead nowhere."""
        if name not in self._kept:
            return None
        draft = self._kept[name].draft
        laying = _Laying(self._kept, self._names_provider, self._find, self._price, kind)
        laying.follow((name,), ())
        lanes = [lane for tier in laying.tiers for lane in tier.lanes]
        return Route(
            sent,
            tuple([lane.pool for lane in lanes]),
            tuple(laying.tiers),
            tuple(laying.left_out),
            asks_for_tools=any(one.tools is not None for lane in lanes for one in lane.conditions),
            counts_running=any(tier.strategy is Strategy.least_latency for tier in laying.tiers),
            hedge=None if draft is None else draft.hedge,
        )


def nowhere(route: Route) -> Unavailable:
    """What a call ends with whose route leads nowhere."""
    missing = "; ".join([f"{one.target}: {one.reason}" for one in islice(route.left_out, _MOST_TOLD)])
    return Unavailable(f"no target of the route for {route.name} can be used ({missing})", code="no_target")


class _Laying:
    """One route being laid."""

    def __init__(
        self,
        kept: dict[str, KeptRoute],
        names_provider: Callable[[str], bool],
        find: Finding,
        price: Pricing,
        kind: Kind | None,
    ) -> None:
        self._kept, self._names_provider, self._find, self._price, self._kind = kept, names_provider, find, price, kind
        self._room = self._steps = MOST_LANES
        self._number = 0  # of the tier that is being laid, in the route itself
        self.tiers: list[Tier] = []
        self.left_out: list[LeftOut] = []

    def follow(self, trail: tuple[str, ...], conditions: tuple[Condition, ...]) -> None:
        """Lay the tiers of the last route of a trail; each target of them is for calls of these conditions alone."""
        draft = self._kept[trail[-1]].draft
        if draft is None:
            self._leave_out(trail[-1], "what is kept of its route cannot be read: set it anew")
            return
        for tier in draft.tiers:
            self._steps -= 1
            self._number += len(trail) == 1
            aim = tier.targets[0]
            if len(tier.targets) > 1 or not self._is_routed(aim):
                self._lay_tier(tier, conditions)
            elif aim.target in trail:
                self._leave_out(aim.target, f"a loop of fallbacks: {' → '.join((*trail, aim.target))}", is_loop=True)
            elif len(trail) >= MOST_DEEP or self._steps < 0:
                self._leave_out(aim.target, "it is behind too many other routes")
            else:
                self.follow((*trail, aim.target), conditions + ((aim.when,) if aim.when else ()))

    def _is_routed(self, aim: Aim) -> bool:
        """Whether another route is meant. A name with a provider means the model there, whatever routes it has."""
        return aim.target in self._kept and not self._names_provider(aim.target)

    def _lay_tier(self, tier: TierDraft, conditions: tuple[Condition, ...]) -> None:
        lanes: list[Lane] = []
        for aim in tier.targets:
            try:
                pools = self._find(aim.target, self._kind)
            except HubError as error:
                self._leave_out(aim.target, error.message)
                continue
            self._room -= len(pools)
            if self._room < 0:
                self._leave_out(aim.target, f"a route has at most {MOST_LANES} targets")
                continue
            own = conditions + ((aim.when,) if aim.when else ())
            lanes += [Lane(pool, aim.weight, own, self._price(pool)) for pool in pools]
        if lanes:
            self.tiers.append(Tier.of(self._number, lanes, tier.strategy, is_sticky=tier.sticky))

    def _leave_out(self, target: str, reason: str, *, is_loop: bool = False) -> None:
        self.left_out.append(LeftOut(self._number, target, reason, is_loop))
