"""Money is never rounded on its way in or out."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.money import MOST_RATE, NANO, read_rate, shown_credits, shown_rate

RATES = st.integers(min_value=0, max_value=MOST_RATE * 10**15)


@pytest.mark.parametrize(
    ("given_rate", "kept"),
    [
        ("0.000001", 10**9),
        ("3", 3 * 10**15),
        ("0", 0),
        (" 0.50 ", 5 * 10**14),
        ("1e-7", 10**8),
        ("2.5E-6", 25 * 10**8),
        (3, 3 * 10**15),
        (0.000001, 10**9),
        (1e-07, 10**8),
        ("0.000000000000001", 1),
        ("0.0000000000000010000", 1),
        ("10000000000", 10**25),
    ],
)
def test_a_rate_is_read_exactly(given_rate: object, kept: int) -> None:
    assert read_rate(given_rate) == kept


@pytest.mark.parametrize(
    ("given_rate", "why"),
    [
        ("0.0000000000000001", "at most 15 places"),
        ("0.1234567890123456", "at most 15 places"),
        (1234.1234567890123, "send it as a string"),
        ("10000000000.1", "at most 10000000000"),
        ("1e99", "at most 10000000000"),
        ("-1", "not negative"),
        (-0.5, "not negative"),
        ("", "not negative"),
        ("1,5", "not negative"),
        ("nan", "not negative"),
        (float("inf"), "not negative"),
        (True, "best as a string"),
        (None, "best as a string"),
        ("1" * 31, "not negative"),
        ("\u0661", "not negative"),
    ],
)
def test_what_is_not_held_exactly_is_refused_with_the_reason(given_rate: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_rate(given_rate)


@given(RATES)
def test_what_is_shown_is_read_as_it_was(rate: int) -> None:
    shown = shown_rate(rate)
    assert read_rate(shown) == rate
    assert Decimal(shown) * 10**15 == rate
    assert set(shown) <= set("0123456789.")


@given(st.decimals(min_value=0, max_value=1000, places=8))
def test_a_number_of_json_means_what_was_written(rate: Decimal) -> None:
    text = format(rate, "f")
    assert read_rate(json.loads(text)) == read_rate(text)


@given(st.integers(min_value=0, max_value=10**15))
def test_credits_are_exact_as_far_as_json_goes(credits: int) -> None:
    assert Decimal(repr(shown_credits(credits))) == Decimal(credits) / NANO
