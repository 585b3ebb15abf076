"""Smooth weighted turns of whatever there is."""

from __future__ import annotations

from aigne_hub.relay.turns import Wheel, spin


def rounds(count: int, weights: list[int], wheel: Wheel) -> tuple[str, Wheel]:
    said = ""
    for _ in range(count):
        found = spin("abc"[: len(weights)], weights, lambda _, weight: weight, wheel)
        assert found is not None
        said, wheel = said + "abc"[found.at], found.turned(wheel)
    return said, wheel


def test_turns_are_those_of_the_contract_and_go_on_when_somebody_comes() -> None:
    wheel = Wheel(("a", "b", "c"), [0, 0, 0], [5, 1, 1])
    said, wheel = rounds(7, [5, 1, 1], wheel)
    assert said == "aabacaa"
    said, wheel = rounds(1, [1, 1, 1], wheel.over(("a", "b", "c"), [1, 1, 1]))
    wheel = wheel.over(("b", "c"), [1, 1])
    assert wheel.ids == ("b", "c")
    assert rounds(2, [1, 1], wheel)[0] in ("ab", "ba")


def test_nobody_is_chosen_where_nobody_has_a_weight() -> None:
    assert spin("ab", [0, 0], lambda _, weight: weight, Wheel(("a", "b"), [0, 9], [0, 0])) is None
