"""Rates over costs, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.money import MOST_RATE, ONE, read_rate, shown_rate
from aigne_hub.catalog.rates.margin import Margin


def test_the_check_of_the_contract() -> None:
    """0.0000025 * 1.2 / 0.000001 is 3, and 0.00001 * 1.2 / 0.000001 is 12 (contract 5.6)."""
    margin = Margin(read_rate("20"), read_rate("0.000001"))
    assert shown_rate(margin.over(read_rate("0.0000025"))) == "3"
    assert shown_rate(margin.over(read_rate("0.00001"))) == "12"


def test_a_quotient_without_end_is_the_nearest_rate() -> None:
    assert shown_rate(Margin(0, read_rate("3")).over(read_rate("1"))) == "0.333333333333333"
    assert shown_rate(Margin(0, read_rate("3")).over(read_rate("2"))) == "0.666666666666667"


@given(
    st.integers(min_value=0, max_value=10**17),
    st.integers(min_value=0, max_value=10**19),
    st.integers(min_value=10**9, max_value=10**18),
)
def test_a_rate_is_the_exact_one_rounded_once_half_even(cost: int, percent: int, price: int) -> None:
    exact = cost * (1 + Fraction(percent, 100 * ONE)) / Fraction(price, ONE)
    if round(exact) > MOST_RATE * ONE:
        with pytest.raises(ValueError, match="more than"):
            Margin(percent, price).over(cost)
    else:
        assert Margin(percent, price).over(cost) == round(exact)
