"""What becomes of an operator's route: tiers of lanes, and what is left out with the reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import Condition, Hedge, Pool, Route
from aigne_hub.catalog.routes import paths
from aigne_hub.catalog.routes.entries import KeptRoute, RouteDraft
from aigne_hub.catalog.routes.paths import Paths, nowhere
from aigne_hub.dialects.call import Kind
from tests.catalog.routes.shelf import draft
from tests.relay.test_plan import pool_of

THERE = {"one/m": [1], "two/m": [2], "three/m": [3], "bare": [1, 2]}


def find(name: str, _kind: Kind | None) -> list[Pool]:
    if name not in THERE:
        raise BadRequest(f"nobody serves {name}")
    return [pool_of(number, (100,)) for number in THERE[name]]


def laid(routes: dict[str, Any], name: str = "a") -> Route:
    kept = [
        KeptRoute(model, made if made is None or isinstance(made, RouteDraft) else draft(*made), 0, 0)
        for model, made in routes.items()
    ]
    found = Paths(kept, lambda name: "/" in name, find, lambda pool: Decimal(-pool.provider_id)).lay(
        name, Kind.chat, sent=name
    )
    assert found is not None
    return found


def shown(route: Route) -> list[list[int]]:
    return [[lane.pool.provider_id for lane in tier.lanes] for tier in route.tiers]


def test_targets_become_lanes_and_a_name_without_a_route_all_who_serve_it() -> None:
    route = laid({"a": [["two/m", "one/m"], ["bare"]]})
    assert (shown(route), route.left_out) == ([[2, 1], [1, 2]], ())
    assert [pool.provider_id for pool in route.pools] == [2, 1, 1, 2]
    assert Paths([], lambda _: False, find, lambda _: None).lay("a", None, sent="a") is None


def test_the_route_of_a_name_is_put_in_its_place_with_its_condition() -> None:
    to_b = {"targets": [{"target": "b", "when": {"stream": True}}]}
    own = {"targets": [{"target": "two/m", "weight": 3, "when": {"tools": True}}], "strategy": "cheapest"}
    route = laid({"a": [["one/m"], to_b, ["three/m"]], "b": [own, ["b2"]], "b2": [["one/m"]]})
    assert shown(route) == [[1], [2], [1], [3]]
    assert [tier.number for tier in route.tiers] == [1, 2, 2, 3]
    assert route.tiers[1].lanes[0].conditions == (Condition(stream=True), Condition(tools=True))
    assert route.tiers[2].lanes[0].conditions == (Condition(stream=True),)
    assert route.asks_for_tools and not route.counts_running


def test_a_name_with_a_provider_is_the_model_there_whatever_routes_it_has() -> None:
    assert shown(laid({"one/m": [["one/m"], ["two/m"]]}, "one/m")) == [[1], [2]]


def test_what_cannot_be_used_is_left_out_with_the_reason() -> None:
    route = laid({"a": [["gone/m"], ["one/m", "other/m"]]})
    assert shown(route) == [[1]]
    assert [(one.tier, one.target, one.reason) for one in route.left_out] == [
        (1, "gone/m", "nobody serves gone/m"),
        (2, "other/m", "nobody serves other/m"),
    ]
    error = nowhere(laid({"a": [["gone/m"]]}))
    assert (error.status, error.code) == (503, "no_target")
    assert error.message == "no target of the route for a can be used (gone/m: nobody serves gone/m)"


def test_circles_come_to_an_end() -> None:
    route = laid({"a": [["one/m"], ["b"]], "b": [["c"], ["two/m"]], "c": [["a"]]})
    assert shown(route) == [[1], [2]]
    assert [one.reason for one in route.left_out] == ["a loop of fallbacks: a → b → c → a"]
    assert shown(laid({"a": [["a"]]})) == []


def test_routes_that_double_at_each_step_stay_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = {f"r{n}": [[f"r{n + 1}"], [f"r{n + 1}"]] for n in range(20)} | {"r20": [["one/m"]]}
    route = laid(routes, "r0")
    assert "behind too many" in route.left_out[0].reason
    monkeypatch.setattr(paths, "MOST_LANES", 3)
    route = laid({"a": [["one/m", "bare", "two/m"]]})
    assert (shown(route), route.left_out[0].reason) == ([[1, 1, 2]], "a route has at most 3 targets")


def test_a_route_that_cannot_be_read_says_so() -> None:
    assert "set it anew" in laid({"a": None}).left_out[0].reason


def test_the_cheapest_comes_first_where_that_is_asked_for() -> None:
    assert shown(laid({"a": [{"targets": [{"target": "one/m"}, {"target": "two/m"}], "strategy": "cheapest"}]})) == [
        [2, 1]
    ]


def test_the_hedge_is_that_of_the_route_that_was_called() -> None:
    hedged = structs.replace(draft(["one/m"]), hedge=Hedge())
    assert laid({"a": hedged}).hedge == Hedge()
    assert laid({"a": [["b"]], "b": hedged}).hedge is None
