"""Planning over an operator's tiers lives here: the lanes of each by its strategy, one tier after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, compress, islice
from random import Random

from msgspec import Struct, structs

from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import CredentialId, Lane, Pool, Route, Strategy, Target, Tier
from aigne_hub.relay.affinity import Affinity
from aigne_hub.relay.asking import Ask, unmet
from aigne_hub.relay.latency import Latency
from aigne_hub.relay.line import MOST_PLANNED, Conditions, choice, last_resort, usable
from aigne_hub.relay.turns import Plan, TierKey, Turns, Wheel, spin

_MOST_SUBSETS = 64  # of a tier, that are kept: of more kinds of calls each makes its own
_DRAWN = 4  # lanes drawn by lot when one of two cannot be used, of which the first two that can are compared

_Weigh = Callable[[Lane, int], int]
_Found = dict[tuple[CredentialId, str], Target]


class View(Struct, frozen=True):
    """All that a plan is made of beside its route."""

    conditions: Conditions
    turns: Turns
    latency: Latency
    affinity: Affinity
    random: Random
    ask: Ask


def plan_tiers(route: Route, view: View) -> Plan:
    """The attempts at a route, at most MOST_PLANNED. Changes nothing, but that a lot is drawn.

    Of each tier first the target where the prompt is warm, then a choice of each lane, then the credentials that are
    left. Only the first attempt takes turns. Raises BadRequest when no lane is for such a call, Unavailable when none
    can be used.
    """
    found: _Found = {}
    kept = Plan(())
    for number, whole in enumerate(route.tiers):
        tier, mask = matching(whole, view.ask)
        key, weigh = (route.name, number, mask), weigher(view.conditions)
        warm = warm_target(tier, weigh, view)
        if warm is not None:
            _add(found, warm)
        lanes, wheel = _in_order(tier, key, weigh, view)
        left: list[Iterator[Target]] = []
        for lane in lanes:
            if len(lane.pool.targets) == 1:  # most lanes: nobody takes turns
                if not found:
                    kept = Plan((), tier=key, lanes=wheel)
                _add(found, lane.pool.targets[0])
            elif found:
                for target in choice(lane.pool, view.conditions, view.turns, left):
                    _add(found, target)
            else:
                kept = structs.replace(_first(lane.pool, view, found, left), tier=key, lanes=wheel)
            if len(found) == MOST_PLANNED:
                return structs.replace(kept, targets=tuple(found.values()))
        for target in islice(chain.from_iterable(left), MOST_PLANNED):
            _add(found, target)
        if len(found) >= MOST_PLANNED:
            break
    if not found:
        return Plan((_resort(route, view),))
    return structs.replace(kept, targets=tuple(islice(found.values(), MOST_PLANNED)))


def matching(tier: Tier, ask: Ask) -> tuple[Tier, int]:
    """What of a tier is for such a call, and a number for the kind of call: each kind takes turns of its own."""
    mask = 0
    for bit, conditions in enumerate(tier.kinds):
        if unmet(conditions, ask) is None:
            mask |= 1 << bit
    if not tier.kinds:
        return tier, mask
    found = tier.subsets.get(mask)
    if found is None:
        met = {conditions for bit, conditions in enumerate(tier.kinds) if mask >> bit & 1}
        left = [lane for lane in tier.lanes if lane.conditions in met]
        found = _unconditional(Tier.of(tier.number, left, tier.strategy, is_sticky=tier.is_sticky))
        if len(tier.subsets) < _MOST_SUBSETS:
            tier.subsets[mask] = found
    return found, mask


def _unconditional(tier: Tier) -> Tier:
    return replace(tier, kinds=())


def weigher(conditions: Conditions) -> _Weigh:
    """What gives the weight of a lane: as much less as the best of its credentials does, 0 when none can be used."""
    weight = conditions.weight

    def weigh(lane: Lane, configured: int) -> int:
        if not configured:
            return 0
        best, pool = 0, lane.pool
        for target, given in zip(pool.targets, pool.weights):  # noqa: B905 - they are of one length, and this is hot
            now = weight(target, given)
            if now == given > 0:
                return configured
            if now > 0:
                best = max(best, configured * now // given, 1)
        return best

    return weigh


def warm_target(tier: Tier, weigh: _Weigh, view: View) -> Target | None:
    """Where the prompt of this call is warm, if that is in the tier and can be used."""
    if not tier.is_sticky or view.ask.beginning is None:
        return None
    place = view.affinity.of(view.ask.beginning)
    if place is None:
        return None
    for lane in tier.places.get((place.provider_id, place.model), ()):
        pool = lane.pool
        if place.credential_id in pool.ids and weigh(lane, lane.weight) > 0:
            at = pool.ids.index(place.credential_id)
            if view.conditions.weight(pool.targets[at], pool.weights[at]) > 0:
                return pool.targets[at]
    return None


def _in_order(tier: Tier, key: TierKey, weigh: _Weigh, view: View) -> tuple[Iterator[Lane], Wheel | None]:
    """The lanes that can be used, in order; where they take turns, their wheel after this one."""
    if tier.strategy is Strategy.cheapest or len(tier.lanes) < 2:
        return _from(tier, 0, weigh), None
    if tier.strategy is Strategy.least_latency:
        return _soonest(tier, weigh, view), None
    wheel = view.turns.lanes(key, tier)
    found = spin(tier.lanes, tier.weights, weigh, wheel)
    if found is None:
        return iter(()), None
    if found.asked:  # not all
        return chain((tier.lanes[found.at],), _from(tier, found.at + 1, weigh, but=1)), found.turned(wheel)
    lanes, weights = tier.lanes, found.weights
    line = compress(lanes[found.at :] + lanes[: found.at], weights[found.at :] + weights[: found.at])
    return line, found.turned(wheel)


def _from(tier: Tier, start: int, weigh: _Weigh, *, but: int = 0) -> Iterator[Lane]:
    """The lanes of a tier from `start` on and round, without the last ones."""
    count = len(tier.lanes)
    for at in range(start, start + count - but):
        lane = tier.lanes[at % count]
        if weigh(lane, tier.weights[at % count]) > 0:
            yield lane


def _soonest(tier: Tier, weigh: _Weigh, view: View) -> Iterator[Lane]:
    """Two by lot, first who is sooner for what runs there: not all fall upon the soonest. Then the others, in turn."""
    count, lanes = len(tier.lanes), tier.lanes
    two = _drawn(tier, weigh, view.random)
    if len(two) == 2:
        score, (one, other) = view.latency.score, two
        if score(lanes[other].pool.targets[0]) < score(lanes[one].pool.targets[0]):
            two = [other, one]
    for at in two:
        yield tier.lanes[at]
    for at in range(two[0] + 1, two[0] + count) if two else ():
        if at % count not in two and weigh(tier.lanes[at % count], tier.weights[at % count]) > 0:
            yield tier.lanes[at % count]


def _drawn(tier: Tier, weigh: _Weigh, random: Random) -> list[int]:
    """Two lanes by lot, of those that can be used; fewer where there are fewer."""
    count = len(tier.lanes)
    one, other = int(random.random() * count), int(random.random() * (count - 1))
    other += other >= one
    if weigh(tier.lanes[one], tier.weights[one]) > 0 and weigh(tier.lanes[other], tier.weights[other]) > 0:
        return [one, other]
    drawn = random.sample(range(count), min(count, _DRAWN))
    two = [at for at in drawn if weigh(tier.lanes[at], tier.weights[at]) > 0][:2]
    if len(two) < 2 and count > _DRAWN:
        able = [at for at in range(count) if weigh(tier.lanes[at], tier.weights[at]) > 0]
        two = random.sample(able, min(len(able), 2))
    return two


def _first(pool: Pool, view: View, found: _Found, left: list[Iterator[Target]]) -> Plan:
    """Add whom the pool's credentials have for the next turn; the plan keeps that it was taken."""
    wheel = view.turns.wheel(pool)
    turn = spin(pool.targets, pool.weights, view.conditions.weight, wheel)
    if turn is None:
        return Plan(())
    _add(found, pool.targets[turn.at])
    left.append(usable(pool, view.conditions, turn.at + 1, len(pool.targets) - 1))
    return Plan((), pool.provider_id, turn.turned(wheel))


def _add(found: _Found, target: Target) -> None:
    """Each target once: a tier may name one again, for other calls."""
    found.setdefault((target.credential_id, target.model), target)


def _resort(route: Route, view: View) -> Target:
    pools = pools_for(route, view.ask)
    if not pools:
        raise BadRequest(
            f"no target of the route for {route.name} is for such a call: each has a condition that it does not meet",
            code="no_target",
            param="model",
        )
    return last_resort(route.name, pools, view.conditions)


def pools_for(route: Route, ask: Ask) -> list[Pool]:
    """Those of a route that are for such a call, tier after tier."""
    return [lane.pool for tier in route.tiers for lane in matching(tier, ask)[0].lanes if lane.weight]
