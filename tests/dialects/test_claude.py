"""Claude models are known by their names, wherever they are called."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.chat import Chat, Media, MediaKind, Message, Reasoning, Role, ToolResult
from aigne_hub.dialects.claude import adaptive, refuse_large_in, version_of
from aigne_hub.dialects.fidelity import Losses
from tests.dialects.test_dimensions import png


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


def of_pictures(*sides: int) -> Chat:
    pictures = tuple([Media(MediaKind.image, mime="image/png", data=png(side, 10)) for side in sides])
    return Chat((Message(Role.tool, (ToolResult("c", pictures[:1]),)), Message(Role.user, pictures[1:])))


@pytest.mark.parametrize(
    ("sides", "told"),
    [
        ([1, 8001], "8001 by 10 pixels; Claude takes 8000 on a side at most: make it smaller"),
        ([8001], "8001 by 10 pixels"),
        ([1] * 20 + [2001], "takes 2000 on a side at most where there are more than 20 pictures"),
    ],
)
def test_pictures_larger_than_claude_takes_are_refused(sides: list[int], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        refuse_large_in(of_pictures(*sides), "anthropic.claude-opus-4-7")
    refuse_large_in(of_pictures(*sides), "gpt-5.6")


@pytest.mark.parametrize("sides", [[1, 8000], [1] * 20, [2000] * 21, [8000] * 20])
def test_others_are_not(sides: list[int]) -> None:
    refuse_large_in(of_pictures(*sides), "claude-opus-4-7")


def test_what_does_not_say_its_size_is_for_claude_to_judge() -> None:
    unknown = Media(MediaKind.image, mime="image/png", data="AAAA")
    there = Media(MediaKind.image, url="https://a.example/large.png")
    refuse_large_in(Chat((Message(Role.user, (unknown, there)),)), "claude-opus-4-7")
