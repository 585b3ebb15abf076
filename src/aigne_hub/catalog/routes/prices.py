"""What models cost beside each other lives here, as one number to put them in order by."""

from __future__ import annotations

from decimal import Decimal

from aigne_hub.catalog.entries import ListPrices, Tariff

_IN, _OUT = 3, 1  # a chat mostly takes in several times what comes out of it


def order_price(tariff: Tariff | None, prices: ListPrices | None) -> Decimal | None:
    """By what callers pay, where calls are priced; else by what the provider asks of everybody. None is not known."""
    if tariff is not None:
        return Decimal(_IN * tariff.input + _OUT * tariff.output)
    if prices is None or prices.input is None:
        return None
    return _IN * Decimal(prices.input) + _OUT * Decimal(prices.output or 0)
