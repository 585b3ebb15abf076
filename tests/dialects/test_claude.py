"""Claude models are known by their names, wherever they are called."""

from __future__ import annotations

import pytest

from aigne_hub.dialects.chat import Reasoning
from aigne_hub.dialects.claude import adaptive, version_of
from aigne_hub.dialects.fidelity import Losses


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("claude-opus-4-6", (4, 6)),
        ("claude-3-7-sonnet-latest", (3, 7)),
        ("anthropic/claude-sonnet-4.5", (4, 5)),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", (4, 5)),
        ("anthropic.claude-opus-4-7", (4, 7)),
        ("claude-sonnet-4-20250514", (4, 0)),
        ("claude-sonnet-5", (5, 0)),
        ("of-no-version", (4, 5)),
    ],
)
def test_the_version_is_in_the_name(model: str, version: tuple[int, int]) -> None:
    assert version_of(model) == version


@pytest.mark.parametrize(
    ("wanted", "effort", "lost"),
    [
        (Reasoning(effort="minimal"), "low", ""),
        (Reasoning(effort="max"), "max", ""),
        (Reasoning(summary="auto"), "high", ""),
        (Reasoning(budget=8000), "medium", "reasoning_budget=approximated"),
    ],
)
def test_how_hard_to_try_is_a_word(wanted: Reasoning, effort: str, lost: str) -> None:
    losses = Losses()
    assert adaptive(wanted, losses) == {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    assert losses.header() == lost
