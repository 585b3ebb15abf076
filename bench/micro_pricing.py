"""What pricing adds to a call: finding the price when it begins, and the credits when it is settled.

    PYTHONPATH=src taskset -c 0 python bench/micro_pricing.py

Each line is the best of five runs of 200,000.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable

from aigne_hub.billing.pricing import Prices
from aigne_hub.catalog.entries import Tariff
from aigne_hub.dialects.usage import Usage

TARIFF = Tariff(10**9, 4 * 10**9, 10**8, 125 * 10**7)
CHAT = Usage(input=1000, output=500, cache_read=4000, reasoning=10)
FILM = Usage(seconds=4.2)
RUNS, ROUNDS = 5, 200_000


def begun() -> object:
    return Prices(TARIFF.input, TARIFF.output, TARIFF.cache_read, TARIFF.cache_write, False).price


PRICE = Prices(TARIFF.input, TARIFF.output, TARIFF.cache_read, TARIFF.cache_write).price
STEPS: dict[str, Callable[[], object]] = {
    "the price of a call that begins": begun,
    "the credits of a chat": lambda: PRICE(CHAT),
    "the credits of a film": lambda: PRICE(FILM),
}

if __name__ == "__main__":
    for name, step in STEPS.items():
        best = min(timeit.repeat(step, number=ROUNDS, repeat=RUNS)) / ROUNDS
        print(f"{name:<34} {best * 1e6:.2f} µs")
