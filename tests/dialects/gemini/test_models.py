"""A model's name tells what it can do."""

from __future__ import annotations

import pytest

from aigne_hub.dialects.gemini import models


@pytest.mark.parametrize(
    ("model", "version", "budgets"),
    [
        ("gemini-2.0-flash", (2, 0), None),
        ("gemini-2.5-pro", (2, 5), (128, 32768)),
        ("gemini-2.5-flash", (2, 5), (1, 24576)),
        ("gemini-2.5-flash-lite", (2, 5), (512, 24576)),
        ("gemini-3-pro-preview", (3, 0), (128, 32768)),
        ("gemini-3.1-pro", (3, 1), (128, 32768)),
        ("gemini-flash-latest", (3, 0), (1, 24576)),
        ("gemma-3-27b-it", (2, 0), None),
        ("models/gemini-1.5-pro-002", (1, 5), None),
    ],
)
def test_versions_and_budgets(model: str, version: tuple[int, int], budgets: tuple[int, int] | None) -> None:
    assert models.version(model) == version
    assert models.budgets(model) == budgets


def test_what_came_with_the_third_generation() -> None:
    for can in (
        models.has_levels,
        models.wants_signatures,
        models.takes_media_in_results,
        models.takes_schema_beside_tools,
    ):
        assert can("gemini-3-flash")
        assert not can("gemini-2.5-flash")
    assert models.can_stop_thinking("gemini-2.5-flash")
    assert not models.can_stop_thinking("gemini-2.5-pro")
    assert not models.can_stop_thinking("gemini-3-flash")
