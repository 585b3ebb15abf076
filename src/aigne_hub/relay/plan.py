"""Planning lives here: a route, what is known of its targets and whose turn it is become the attempts, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import chain, islice
from random import Random

from msgspec import structs

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import Route, Target
from aigne_hub.relay.affinity import Affinity
from aigne_hub.relay.asking import Ask
from aigne_hub.relay.latency import Latency
from aigne_hub.relay.line import MOST_PLANNED, Conditions, choice, last_resort, nothing_left, usable, wanted
from aigne_hub.relay.tiers import View, matching, plan_tiers, pools_for, warm_target, weigher
from aigne_hub.relay.turns import Plan, Turns, spin


class Planner:
    """Plans the attempts of calls, in one worker."""

    def __init__(self, conditions: Conditions, latency: Latency, affinity: Affinity, random: Random) -> None:
        self.conditions = conditions
        self.latency = latency
        self._affinity = affinity
        self._random = random
        self._turns = Turns()

    def attempts(self, route: Route, ask: Ask | None = None) -> Sequence[Target]:
        """The targets to try, in order: at least one. `ask` is what an operator's route is chosen by.

        Raises Unavailable when none is to be had now, BadRequest when none is for such a call.
        """
        if route.tiers:
            assert ask is not None, "a call is looked at before its tiers are"
            plan = plan_tiers(route, self._view(ask))
            self._turns.follow(plan)
            return plan.targets
        if len(route.pools) == 1 and len(route.pools[0].targets) == 1:  # most calls: nobody takes turns
            (pool,) = route.pools
            if self.conditions.weight(pool.targets[0], pool.weights[0]) > 0:
                return pool.targets
        plan = make_plan(route, self.conditions, self._turns)
        self._turns.follow(plan)
        return plan.targets

    def in_turn(self, route: Route, ask: Ask | None = None) -> Iterator[Target]:
        """The attempts, and when all of them have failed whoever is kept away from by a guess. Raises as `attempts`."""
        planned = self.attempts(route, ask)
        return chain(planned, self._before_all_is_lost(route, ask, planned))

    def _before_all_is_lost(self, route: Route, ask: Ask | None, planned: Sequence[Target]) -> Iterator[Target]:
        pools = route.pools if ask is None else pools_for(route, ask)
        left = (one for one in self.conditions.last_resorts(wanted(pools)) if not any(one is seen for seen in planned))
        yield from islice(left, MOST_PLANNED)

    def first(self, route: Route, ask: Ask | None = None) -> Target:
        """The target of a call that has one attempt."""
        return self.attempts(route, ask)[0]

    def foresee(self, route: Route, ask: Ask | None = None) -> Sequence[Target]:
        """The attempts that would be made: nobody takes a turn by it, nor is the lot drawn."""
        if not route.tiers:
            return make_plan(route, self.conditions, self._turns).targets
        assert ask is not None, "a call is looked at before its tiers are"
        return plan_tiers(route, structs.replace(self._view(ask), random=copy(self._random))).targets

    def is_warm(self, route: Route, ask: Ask | None, target: Target) -> bool:
        """Whether the prompt of such a call is warm at a target."""
        if ask is None:
            return False
        view, weigh = self._view(ask), weigher(self.conditions)
        return any(warm_target(matching(tier, ask)[0], weigh, view) == target for tier in route.tiers)

    def note_answer(self, ask: Ask, target: Target) -> None:
        """A target has answered such a call: its prompt is warm there now."""
        if ask.beginning is not None:
            self._affinity.note(ask.beginning, target)

    def _view(self, ask: Ask) -> View:
        return View(self.conditions, self._turns, self.latency, self._affinity, self._random, ask)

    def may_begin(self, target: Target) -> bool:
        """Whether a target that was planned a while ago may still be tried: another call may have its probe since."""
        return self.conditions.weight(target, 1) > 0 or any(self.conditions.last_resorts((target,)))

    def nothing_left(self, route: Route) -> Unavailable:
        """What a call ends with when all that was planned may not be tried any more."""
        return nothing_left(route.name, route.pools, self.conditions)

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


def fresh_planner(conditions: Conditions, clock: Clock) -> Planner:
    """One that has seen no answer yet."""
    return Planner(conditions, Latency(clock), Affinity(clock), Random())  # noqa: S311 - who is asked is no secret


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
        wheel = turns.wheel(pool)
        found = spin(pool.targets, pool.weights, conditions.weight, wheel)
        if found is not None:
            break
    else:
        return Plan((last_resort(route.name, route.pools, conditions),))
    targets = [pool.targets[found.at]]
    left = [usable(pool, conditions, found.at + 1, len(pool.targets) - 1)]
    for other in order:
        if len(targets) == MOST_PLANNED:
            break
        targets += choice(route.pools[other], conditions, turns, left)
    targets += islice(chain.from_iterable(left), MOST_PLANNED - len(targets))
    if count == 1:
        return Plan(targets, pool.provider_id, found.turned(wheel))
    return Plan(targets, pool.provider_id, found.turned(wheel), route.name, (at + 1) % count)
