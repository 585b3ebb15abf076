"""Planning over an operator's tiers: shares, strategies, conditions, and where prompts are warm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import BadRequest, Unavailable
from aigne_hub.catalog.entries import Condition, Lane, Route, Strategy, Tier
from aigne_hub.relay.affinity import WARM_S, Affinity
from aigne_hub.relay.asking import Ask
from aigne_hub.relay.latency import Latency
from aigne_hub.relay.line import MOST_PLANNED
from aigne_hub.relay.plan import Planner
from tests.relay.test_plan import Hoping, Sick, ids_of, pool_of

ANY = Ask()
WARM = Ask(beginning=42)


@dataclass
class World:
    """A planner, and what it knows."""

    sick: Sick = field(default_factory=lambda: Sick({}))
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.latency = Latency(self.clock)
        self.planner = Planner(self.sick, self.latency, Affinity(self.clock), Random(7))

    def plan(self, route: Route, ask: Ask = ANY) -> list[int]:
        return ids_of(self.planner.attempts(route, ask))

    def firsts(self, route: Route, count: int, ask: Ask = ANY) -> list[int]:
        return [self.plan(route, ask)[0] for _ in range(count)]


def lane(number: int, weight: int = 1, credentials: Sequence[int] = (100,), **more: object) -> Lane:
    """A lane to provider `number`, whose credentials are number * 10,000 + 0, 1, 2 …"""
    when, price = more.get("when"), more.get("price")
    assert when is None or isinstance(when, Condition)
    assert price is None or isinstance(price, int)
    conditions = () if when is None else (when,)
    return Lane(pool_of(number, credentials), weight, conditions, None if price is None else Decimal(price))


def route_of(*tiers: Iterable[Lane], strategy: Strategy = Strategy.weighted, is_sticky: bool = False) -> Route:
    made = [
        Tier.of(number, lanes, strategy, is_sticky=is_sticky) for number, lanes in enumerate(tiers, start=1)
    ]  # fmt: skip
    return Route("m", tuple(one.pool for tier in made for one in tier.lanes), tuple(made))


def test_targets_share_by_their_weights_and_credentials_of_each_by_theirs() -> None:
    world, route = World(), route_of([lane(1, 5), lane(2, 1, (100, 100)), lane(3, 1)])
    firsts = world.firsts(route, 14)
    assert [id_ // 10_000 for id_ in firsts] == [1, 1, 2, 1, 3, 1, 1] * 2
    assert [id_ for id_ in firsts if id_ // 10_000 == 2] == [20_000, 20_001]


@given(st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(any))
def test_weights_are_respected_within_a_hundredth(weights: list[int]) -> None:
    seen = Counter(World().firsts(route_of([lane(n, w) for n, w in enumerate(weights, start=1)]), 1000))
    for number, weight in enumerate(weights, start=1):
        assert abs(seen[number * 10_000] - 1000 * weight / sum(weights)) <= 10


def test_a_tier_is_for_when_the_one_before_it_fails() -> None:
    world = World()
    route = route_of([lane(1, 1, (100, 100)), lane(2)], [lane(3)], [lane(4)])
    assert world.plan(route) == [10_000, 20_000, 10_001, 30_000, 40_000]
    world.sick.weights = {10_000: 0, 10_001: 0, 20_000: 0}
    assert world.plan(route) == [30_000, 40_000]
    world.sick.weights |= {30_000: 0, 40_000: 0}
    with pytest.raises(Unavailable, match="no credential for m can be used for now") as refused:
        world.plan(route)
    assert (refused.value.code, refused.value.retry_after) == ("no_target", 42)


def test_whose_credentials_are_throttled_gets_a_tenth_of_its_share() -> None:
    world, route = World(Sick({10_000: 10})), route_of([lane(1, 1), lane(2, 1)])
    assert Counter(world.firsts(route, 110))[10_000] == 10


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=5), min_size=1, max_size=4), st.integers(0, 9))
def test_a_plan_has_each_target_once_and_tier_after_tier(shapes: list[list[int]], rounds: int) -> None:
    number, tiers = 0, []
    for shape in shapes:
        tiers.append([lane(number := number + 1, weight, (100,) * (1 + weight)) for weight in shape])
    usable = [[id_ for one in tier if one.weight for id_ in one.pool.ids] for tier in tiers]
    world, route = World(), route_of(*tiers)
    if not any(usable):
        with pytest.raises(BadRequest):
            world.plan(route)
        return
    for _ in range(rounds):
        world.plan(route)
    found = world.plan(route)
    assert len(found) == len(set(found)) == min(sum(map(len, usable)), MOST_PLANNED)
    place = {int(id_): at for at, ids in enumerate(usable) for id_ in ids}
    assert [place[id_] for id_ in found] == sorted(place[id_] for id_ in found)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_to_foresee_a_plan_changes_nothing_and_is_right(strategy: Strategy) -> None:
    world, route = World(), route_of([lane(1, 3), lane(2, 2, (100, 50)), lane(3, 1)], strategy=strategy)
    for _ in range(10):
        foreseen = [ids_of(world.planner.foresee(route, ANY)) for _ in range(3)]
        assert foreseen == [world.plan(route)] * 3


def test_of_many_targets_a_plan_asks_for_few_and_all_get_their_share() -> None:
    world, route = World(), route_of([lane(n, 1 + n % 3) for n in range(1, 301)])
    total = sum(1 + n % 3 for n in range(1, 301))
    seen = Counter(world.firsts(route, total))
    assert [seen[n * 10_000] for n in range(1, 301)] == [1 + n % 3 for n in range(1, 301)]
    assert world.sick.asked <= total * 90


def test_the_cheapest_that_can_be_used_is_first_and_who_has_no_known_price_last() -> None:
    world = World()
    route = route_of([lane(1), lane(2, price=9), lane(3, price=2), lane(4, 0, price=1)], strategy=Strategy.cheapest)
    assert world.plan(route) == [30_000, 20_000, 10_000]
    world.sick.weights = {30_000: 0}
    assert world.plan(route) == [20_000, 10_000]


def test_of_two_drawn_the_one_that_answers_sooner_is_first() -> None:
    world, route = World(), route_of([lane(n) for n in range(1, 4)], strategy=Strategy.least_latency)
    for number, seconds in ((1, 0.9), (2, 0.1), (3, 0.5)):
        world.latency.note(route.tiers[0].lanes[number - 1].pool.targets[0], seconds)
    seen = Counter(world.firsts(route, 300))
    assert seen[10_000] == 0 and seen[20_000] > seen[30_000] > 50
    assert all(sorted(world.plan(route)) == [10_000, 20_000, 30_000] for _ in range(20))


def test_among_many_that_are_away_the_two_that_are_there_are_found() -> None:
    world = World(Sick({n * 10_000: 0 for n in range(1, 100)}))
    route = route_of([lane(n) for n in range(1, 102)], strategy=Strategy.least_latency)
    assert {tuple(sorted(world.plan(route))) for _ in range(20)} == {(1_000_000, 1_010_000)}


@pytest.mark.parametrize(
    ("when", "met", "unmet"),
    [
        (Condition(stream=True), Ask(is_stream=True), Ask()),
        (Condition(tools=False), Ask(), Ask(has_tools=True)),
        (Condition(min_bytes=10, max_bytes=20), Ask(size=10), Ask(size=21)),
        (Condition(keys=("7", "8")), Ask(key_id="8"), Ask(key_id="9")),
        (Condition(tags=("batch",)), Ask(tags=frozenset({"x", "batch"})), Ask(tags=frozenset({"x"}))),
    ],
)
def test_a_target_is_for_calls_that_meet_its_condition(when: Condition, met: Ask, unmet: Ask) -> None:
    world, route = World(), route_of([lane(1, 100, when=when), lane(2)], [lane(3)])
    assert world.plan(route, met) == [10_000, 20_000, 30_000]
    assert world.plan(route, unmet) == [20_000, 30_000]
    only = route_of([lane(1, when=when)])
    with pytest.raises(BadRequest, match="each has a condition"):
        world.plan(only, unmet)


def test_a_prompt_goes_to_where_it_is_warm_for_five_minutes() -> None:
    world, route = World(), route_of([lane(1, 9, (100, 100)), lane(2, 1, (100, 100))], is_sticky=True)
    warm = route.tiers[0].lanes[1].pool.targets[1]
    assert world.plan(route, WARM)[0] == 10_000
    world.planner.note_answer(WARM, warm)
    assert set(world.firsts(route, 20, WARM)) == {20_001}
    assert 20_001 not in world.firsts(route, 5, Ask(beginning=43))
    world.sick.weights = {20_001: 0}
    assert world.plan(route, WARM)[0] in (10_000, 10_001)
    world.sick.weights = {}
    world.clock.advance(WARM_S)
    assert 20_001 not in world.firsts(route, 5, WARM)


def test_the_last_resort_is_one_that_is_for_such_calls() -> None:
    world = World()
    route = route_of([lane(1, when=Condition(stream=True)), lane(2)])
    world.planner = Planner(
        Hoping({10_000: 0, 20_000: 0}), world.latency, Affinity(world.clock), Random(7)
    )  # fmt: skip
    assert world.plan(route) == [20_000]


def test_turns_go_on_when_the_catalog_is_read_anew() -> None:
    world, seen = World(), []
    for _ in range(6):
        seen += world.firsts(route_of([lane(1), lane(2), lane(3)]), 1)
    assert seen == [10_000, 20_000, 30_000] * 2


def test_a_target_named_twice_is_tried_once() -> None:
    world = World()
    route = route_of([lane(1, when=Condition(stream=True)), lane(1)], [lane(1), lane(2)])
    assert world.plan(route, Ask(is_stream=True)) == [10_000, 20_000]


def test_calls_of_each_kind_share_by_weight_among_themselves() -> None:
    world = World()
    route = route_of([lane(1, 3), lane(2, 1), lane(3, 4, when=Condition(stream=True))])
    streams = [world.plan(route, Ask(is_stream=True))[0] for _ in range(80)]
    firsts = []
    for _ in range(80):
        firsts += world.firsts(route, 1)
        world.plan(route, Ask(is_stream=True))
    assert Counter(streams) == {10_000: 30, 20_000: 10, 30_000: 40}
    assert Counter(firsts) == {10_000: 60, 20_000: 20}


def test_kinds_of_calls_without_end_take_no_memory_without_end() -> None:
    world = World()
    route = route_of([lane(n, when=Condition(tags=(str(n),))) for n in range(1, 9)])
    for kind in range(1, 256):
        tags = frozenset(str(bit + 1) for bit in range(8) if kind >> bit & 1)
        assert world.plan(route, Ask(tags=tags))[0] // 10_000 in {int(tag) for tag in tags}
    assert len(route.tiers[0].subsets) <= 64
