"""What a call costs, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aigne_hub.base.money import MILLION, read_rate, shown_credits
from aigne_hub.billing.pricing import MOST, Prices
from aigne_hub.dialects.usage import Usage

COUNTS = st.none() | st.integers(min_value=0, max_value=2**31)
RATES = st.integers(min_value=0, max_value=10**25)
SECONDS = st.none() | st.floats(min_value=0, max_value=1e5, allow_nan=False)
USAGES = st.builds(
    Usage,
    input=COUNTS,
    output=COUNTS,
    cache_read=COUNTS,
    reasoning=COUNTS,
    cache_write_5m=COUNTS,
    cache_write_1h=COUNTS,
    audio_input=COUNTS,
    audio_output=COUNTS,
    images=COUNTS,
    seconds=SECONDS,
)
PRICES = st.builds(
    Prices,
    input=RATES,
    output=RATES,
    cache_read=st.none() | RATES,
    cache_write=st.none() | RATES,
    is_by_picture=st.booleans(),
)


def exact(prices: Prices, usage: Usage) -> Fraction:
    """The contract's formula, word for word."""
    read = prices.input if prices.cache_read is None else prices.cache_read
    write = prices.input if prices.cache_write is None else prices.cache_write
    paid: list[tuple[int | None, int]] = [
        (usage.input, prices.input),
        (usage.audio_input, prices.input),
        (usage.cache_read, read),
        (usage.cache_write_5m, write),
        (usage.cache_write_1h, write),
    ]
    if prices.is_by_picture:
        paid.append((usage.images, prices.output))
    else:
        paid += [(made, prices.output) for made in (usage.output, usage.reasoning, usage.audio_output)]
    total = sum((Fraction(units or 0) * rate for units, rate in paid), Fraction(0))
    return (total + Fraction(repr(usage.seconds or 0)) * prices.output) / MILLION


@given(PRICES, USAGES)
def test_a_price_is_the_exact_one_rounded_once_half_even(prices: Prices, usage: Usage) -> None:
    assert prices.price(usage) == min(round(exact(prices, usage)), MOST)


@given(st.integers(min_value=0, max_value=2000))
def test_halves_go_to_the_even(units: int) -> None:
    halves = Prices(input=500_000, output=0)
    assert halves.price(Usage(input=units)) == round(Fraction(units, 2))


@given(PRICES, USAGES)
def test_a_picture_is_paid_for_once(prices: Prices, usage: Usage) -> None:
    """Its tokens are in its price where pictures are sold; where tokens are, their number is no second price."""
    if prices.is_by_picture:
        other = structs.replace(usage, output=None, reasoning=9**9)
    else:
        other = structs.replace(usage, images=9**9)
    assert prices.price(usage) == prices.price(other)


def test_the_worked_example_of_the_contract() -> None:
    prices = Prices(
        input=read_rate("0.000001"),
        output=read_rate("0.000004"),
        cache_read=read_rate("0.0000001"),
        cache_write=read_rate("0.00000125"),
    )
    credits = prices.price(Usage(input=1000, output=500, cache_write_5m=200, cache_read=4000))
    assert (credits, shown_credits(credits)) == (3_650_000, 0.00365)


@pytest.mark.parametrize(
    ("cache_read", "cache_write", "credits"),
    [(None, None, 15_000), (0, 0, 10_000), (None, 0, 13_000), (500, 250, 12_000)],
)
def test_a_missing_cache_rate_is_the_input_rate_and_zero_is_zero(
    cache_read: int | None, cache_write: int | None, credits: int
) -> None:
    def scaled(rate: int | None) -> int | None:
        return None if rate is None else rate * 10**6

    prices = Prices(1000 * 10**6, 0, scaled(cache_read), scaled(cache_write))
    assert prices.price(Usage(input=10, cache_read=3, cache_write_5m=1, cache_write_1h=1)) == credits


def test_pictures_and_films() -> None:
    picture = Prices(read_rate("0.00001"), read_rate("0.04"), is_by_picture=True)
    assert picture.price(Usage(input=10, output=4000, images=2)) == 80_100_000
    film = Prices(0, read_rate("0.1"))
    assert film.price(Usage(seconds=4.2)) == 420_000_000


def test_what_nobody_told_costs_nothing() -> None:
    assert Prices(10**15, 10**15).price(Usage()) == 0


def test_a_provider_that_counts_nonsense_gives_nobody_credits() -> None:
    """And a sum beyond what a record can hold is the most that it can."""
    assert Prices(10**15, 10**15).price(Usage(input=-5, output=2)) == 0
    assert Prices(10**25, 10**25).price(Usage(input=10**9, output=1)) == MOST
    assert Prices(1, 10**25).price(Usage(seconds=1e300)) == MOST


def test_a_token_far_below_a_nano_credit_is_not_lost_in_a_sum() -> None:
    prices = Prices(read_rate("0.0000000000025"), 0)
    assert [prices.price(Usage(input=tokens)) for tokens in (1, 400, 1000)] == [0, 1, 2]
    assert prices.price(Usage(input=10**9)) == 2_500_000
