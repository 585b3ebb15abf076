"""What a hang-up means, in words and in seconds."""

from __future__ import annotations

import math

import pytest

from aigne_hub.base.hangup import read_drain, shown_drain


@pytest.mark.parametrize(
    ("text", "seconds", "shown"),
    [("cancel", 0, "cancel"), ("0", 0, "cancel"), ("30", 30, "30"), ("0.5", 0.5, "0.5"), (" END ", math.inf, "end")],
)
def test_words_and_numbers_are_read_and_shown(text: str, seconds: float, shown: str) -> None:
    assert read_drain(text) == seconds
    assert shown_drain(seconds) == shown
    assert read_drain(shown) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1", "3601", "nan", "inf", "1e3"])
def test_anything_else_is_refused_with_what_is_taken(text: str) -> None:
    with pytest.raises(ValueError, match="must be cancel, end or a number of seconds"):
        read_drain(text)
