"""What models cost beside each other."""

from __future__ import annotations

from decimal import Decimal

from aigne_hub.catalog.entries import ListPrices, Tariff
from aigne_hub.catalog.routes.prices import order_price


def test_what_callers_pay_counts_before_what_the_provider_asks_and_what_is_not_known_is_not_guessed() -> None:
    listed = ListPrices(input="0.15", output="0.6")
    assert order_price(None, listed) == Decimal("1.05")
    assert order_price(Tariff(2, 5), listed) == 11
    assert order_price(Tariff(0, 0), None) == 0
    assert order_price(None, ListPrices(input="0.1")) == Decimal("0.3")
    assert order_price(None, ListPrices(output="1")) is order_price(None, None) is None
