"""Planning: whose turn it is, and in which order the others follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import BadRequest, Failure, Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import CredentialId, Pool, Provider, ProviderId, Route, Target
from aigne_hub.outbound import Origin
from aigne_hub.relay.line import MOST_PLANNED, Conditions
from aigne_hub.relay.plan import Planner, fresh_planner, make_plan
from aigne_hub.relay.turns import Turns

ORIGIN = Origin("http", "127.0.0.1", 1)
WEIGHTS = st.lists(st.integers(0, 200), min_size=1, max_size=12).filter(any)


def pool_of(number: int, weights: Sequence[int]) -> Pool:
    """A pool of provider `number`; its credentials are number * 10,000 + 0, 1, 2 …"""
    provider = Provider(ProviderId(number), f"p{number}", "P", "http://127.0.0.1:1/v1", None, True, 0, 0)
    ids = tuple(CredentialId(number * 10_000 + n) for n in range(len(weights)))
    targets = tuple(Target(provider, id_, "m", ORIGIN, b"/v1", ()) for id_ in ids)
    return Pool(provider.id, ids, targets, tuple(weights))


def route_of(*pools: Sequence[int]) -> Route:
    return Route("m", tuple(pool_of(number, weights) for number, weights in enumerate(pools, start=1)))


def ids_of(targets: Sequence[Target]) -> list[int]:
    return [target.credential_id for target in targets]


class AllWell:
    """Every target is as good as it was set up, and stays so."""

    def weight(self, target: Target, configured: int) -> int:
        return configured

    def is_doubtful(self, target: Target) -> bool:
        raise AssertionError("planning attempts nothing")

    def began(self, target: Target) -> None:
        raise AssertionError("planning attempts nothing")

    succeeded = left = began

    def failed(self, target: Target, error: UpstreamFailed) -> None:
        raise AssertionError("planning attempts nothing")

    def last_resorts(self, targets: Iterable[Target]) -> Iterator[Target]:
        return iter(())

    def soonest(self, targets: Iterable[Target]) -> float | None:
        assert not [one for one in targets if one.credential_id < 10_000]
        return 41.2


class Sick(AllWell):
    """Some credentials have another weight than they were given."""

    def __init__(self, weights: dict[int, int]) -> None:
        self.weights = weights
        self.asked = 0

    def weight(self, target: Target, configured: int) -> int:
        self.asked += 1
        return self.weights.get(target.credential_id, configured)


def planner_of(conditions: Conditions) -> Planner:
    return fresh_planner(conditions, StoppedClock())


def picks(planner: Planner, route: Route, count: int) -> list[int]:
    return [planner.attempts(route)[0].credential_id for _ in range(count)]


def test_turns_are_those_of_the_contract() -> None:
    planner, route = planner_of(AllWell()), route_of([5, 1, 1])
    assert "".join("abc"[id_ - 10_000] for id_ in picks(planner, route, 14)) == "aabacaa" * 2


def test_equal_weights_take_turns_one_by_one() -> None:
    assert picks(planner_of(AllWell()), route_of([100, 100, 100]), 6) == [10_000, 10_001, 10_002] * 2


@given(WEIGHTS)
def test_weights_are_respected_within_a_hundredth(weights: list[int]) -> None:
    route = route_of(weights)
    seen = Counter(picks(planner_of(AllWell()), route, 1000))
    for id_, weight in zip(route.pools[0].ids, weights, strict=True):
        assert abs(seen[id_] - 1000 * weight / sum(weights)) <= 10
        assert weight or not seen[id_]


@given(WEIGHTS, st.integers(1, 400))
def test_nobody_waits_longer_than_the_weights_say(weights: list[int], rounds: int) -> None:
    """Any window of turns, not only the first, is shared by weight: nobody's share is off by more than two turns."""
    planner, route = planner_of(AllWell()), route_of(weights)
    picks(planner, route, rounds)
    seen = Counter(picks(planner, route, 200))
    for id_, weight in zip(route.pools[0].ids, weights, strict=True):
        assert abs(seen[id_] - 200 * weight / sum(weights)) <= len(weights)


def test_many_credentials_share_as_few_do() -> None:
    weights = [1 + n % 7 for n in range(1000)]
    route = route_of(weights)
    seen = Counter(picks(planner_of(AllWell()), route, sum(weights)))
    assert [seen[id_] for id_ in route.pools[0].ids] == weights


def test_of_many_credentials_those_that_fell_ill_are_never_chosen() -> None:
    conditions = Sick({})
    planner, route = planner_of(conditions), route_of([100] * 500)
    picks(planner, route, 100)
    ill = set(range(10_000, 10_500, 3))
    conditions.weights = dict.fromkeys(ill, 0)
    assert not ill & set(picks(planner, route, 1000))
    conditions.weights = {}
    assert set(picks(planner, route, 1000)) == set(route.pools[0].ids)
    conditions.weights = dict.fromkeys(range(10_000, 10_499), 0)
    assert set(picks(planner, route, 5)) == {10_499}


def test_of_many_credentials_a_plan_asks_for_few() -> None:
    conditions = Sick({})
    planner, route = planner_of(conditions), route_of([100] * 1000)
    picks(planner, route, 100)
    assert conditions.asked <= 100 * 60


@given(st.lists(WEIGHTS, min_size=1, max_size=5), st.integers(0, 30))
def test_planning_changes_nothing(pools: list[list[int]], rounds: int) -> None:
    route, turns = route_of(*pools), Turns()
    for _ in range(rounds):
        turns.follow(make_plan(route, AllWell(), turns))
    first, second = make_plan(route, AllWell(), turns), make_plan(route, AllWell(), turns)
    assert first == second
    assert ids_of(first.targets) == ids_of(second.targets)


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=5))
def test_a_plan_has_every_target_once_and_each_provider_before_any_twice(pools: list[list[int]]) -> None:
    route = route_of(*pools)
    usable = {
        id_ for pool in route.pools for id_, weight in zip(pool.ids, pool.weights, strict=True) if weight
    }  # fmt: skip
    if not usable:
        with pytest.raises(Unavailable):
            make_plan(route, AllWell(), Turns())
        return
    found = ids_of(make_plan(route, AllWell(), Turns()).targets)
    assert len(found) == len(set(found)) == min(len(usable), MOST_PLANNED)
    assert set(found) <= usable
    providers = {id_ // 10_000 for id_ in usable}
    assert {id_ // 10_000 for id_ in found[: len(providers)]} == providers


def test_providers_take_turns_for_a_bare_name() -> None:
    planner, route = planner_of(AllWell()), route_of([100], [100, 100], [100])
    assert picks(planner, route, 7) == [10_000, 20_000, 30_000, 10_000, 20_001, 30_000, 10_000]


def test_the_turns_of_names_are_their_own() -> None:
    planner, pools = planner_of(AllWell()), route_of([100], [100]).pools
    one, other = Route("one", pools), Route("other", pools)
    seen = [(picks(planner, one, 1)[0], picks(planner, other, 1)[0]) for _ in range(2)]
    assert seen == [(10_000, 10_000), (20_000, 20_000)]


def test_what_comes_second_takes_no_turn_by_it() -> None:
    planner, route = planner_of(AllWell()), route_of([100], [100, 100])
    plans = [ids_of(planner.attempts(route)) for _ in range(4)]
    assert plans == [
        [10_000, 20_000, 20_001],
        [20_000, 10_000, 20_001],
        [10_000, 20_001, 20_000],
        [20_001, 10_000, 20_000],
    ]


def test_the_share_of_a_provider_that_is_away_goes_to_all_others() -> None:
    planner, route = planner_of(Sick({10_000: 0})), route_of([100], [100], [100])
    assert picks(planner, route, 4) == [20_000, 30_000, 20_000, 30_000]


def test_a_lower_weight_for_now_is_a_smaller_share_for_now() -> None:
    conditions = Sick({10_000: 10})
    planner, route = planner_of(conditions), route_of([100, 100])
    assert Counter(picks(planner, route, 110))[10_000] == 10
    conditions.weights = {}
    assert Counter(picks(planner, route, 100))[10_000] in range(48, 53)


def test_a_single_target_is_its_own_plan() -> None:
    route = route_of([100])
    assert planner_of(AllWell()).attempts(route) is route.pools[0].targets
    assert planner_of(AllWell()).first(route) is route.pools[0].targets[0]


class Refused(Sick):
    def soonest(self, targets: Iterable[Target]) -> float | None:
        return None


NONE = {10_000: 0, 10_001: 0}


@pytest.mark.parametrize(
    ("conditions", "weights", "words", "retry_after"),
    [
        (AllWell(), [0, 0], "weight of 0", None),
        (Sick(NONE), [1, 1], "for now", 42),
        (Refused(NONE), [1, 1], "refused", 5),
    ],
)
def test_where_nothing_is_left_it_is_said_what_is_missing(
    conditions: AllWell, weights: list[int], words: str, retry_after: int | None
) -> None:
    with pytest.raises(Unavailable, match=words) as refused:
        planner_of(conditions).attempts(route_of(weights))
    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (503, "no_target", retry_after)
    assert "p1" in refused.value.message


def test_turns_go_on_when_a_credential_comes_or_goes() -> None:
    planner = planner_of(AllWell())
    assert picks(planner, route_of([1, 1]), 1) == [10_000]
    assert picks(planner, route_of([1, 1, 1]), 2) == [10_001, 10_002]
    assert set(picks(planner, route_of([1]), 1) + picks(planner, route_of([1, 1]), 2)) == {10_000, 10_001}


def test_names_without_end_take_no_memory_without_end() -> None:
    planner, pools = planner_of(AllWell()), route_of([1], [1]).pools
    for number in range(5000):
        planner.attempts(Route(str(number), pools))
    assert len(planner._turns._pools) <= 4096


class Hoping(Sick):
    def last_resorts(self, targets: Iterable[Target]) -> Iterator[Target]:
        return reversed(list(targets))


def test_the_only_hope_is_asked_and_nobody_takes_a_turn_by_it() -> None:
    conditions = Hoping(NONE)
    planner, route = planner_of(conditions), route_of([1, 1, 0])
    assert ids_of(planner.attempts(route)) == [10_001]
    conditions.weights = {}
    assert picks(planner, route, 2) == [10_000, 10_001]


def test_before_all_is_lost_those_are_tried_who_are_kept_away_from_by_a_guess() -> None:
    conditions = Hoping({10_001: 0, 10_002: 0})
    planner, route = planner_of(conditions), route_of([1, 1, 1, 0])
    assert ids_of(planner.attempts(route)) == [10_000]
    assert ids_of(list(planner.in_turn(route))) == [10_000, 10_002, 10_001]


def test_what_was_planned_may_begin_unless_it_was_shut_since() -> None:
    conditions, route = Sick({}), route_of([1])
    planner = planner_of(conditions)
    target = planner.first(route)
    assert planner.may_begin(target)
    conditions.weights = NONE
    assert not planner.may_begin(target)
    assert planner.nothing_left(route).retry_after == 42
    assert planner_of(Hoping(NONE)).may_begin(target)


class Heard(Sick):
    """Tells what it heard."""

    def __init__(self) -> None:
        super().__init__({})
        self.heard: list[str] = []

    def began(self, target: Target) -> None:
        self.heard.append("began")

    def succeeded(self, target: Target) -> None:
        self.heard.append("succeeded")

    def failed(self, target: Target, error: UpstreamFailed) -> None:
        self.heard.append(f"failed: {error.kind}")


def test_conditions_hear_of_the_only_attempt_of_a_call() -> None:
    conditions = Heard()
    planner = planner_of(conditions)
    target = planner.first(route_of([7]))
    with planner.attempting(target):
        pass
    with pytest.raises(UpstreamFailed), planner.attempting(target):
        raise UpstreamFailed(Failure.refused, "no")
    with pytest.raises(BadRequest), planner.attempting(target):
        raise BadRequest("of the caller")  # says nothing of the target
    assert conditions.heard == ["began", "succeeded", "began", "failed: refused", "began"]
