"""Effort words and budgets stand for each other."""

from __future__ import annotations

from aigne_hub.dialects.effort import EFFORTS, budget_of, effort_of


def test_more_effort_is_more_budget() -> None:
    words = ("none", "minimal", "low", "medium", "high", "xhigh")
    budgets = [budget_of(word) for word in words]
    assert budgets == sorted(set(budgets))
    assert budgets[0] == 0
    assert set(words) <= EFFORTS


def test_a_word_that_became_a_budget_becomes_the_word_again() -> None:
    for word in ("none", "low", "medium", "high"):
        assert effort_of(budget_of(word)) == word
    assert budget_of("unheard of") == budget_of("medium")
