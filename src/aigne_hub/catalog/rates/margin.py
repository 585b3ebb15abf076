"""A rate that earns a margin over what the unit costs lives here. Source: contract 5.6."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.base.money import MOST_RATE, ONE


@dataclass(frozen=True, slots=True)
class Margin:
    """A margin in percent, and the price of a credit in dollars, above zero; both in 10^15ths."""

    percent: int
    credit_price: int

    def over(self, cost: int) -> int:
        """The rate for a unit cost: cost * (1 + margin / 100) / price of a credit.

        Of a quotient without end it is the nearest rate that is held, half-even. Raises ValueError when it is too much.
        """
        numerator, denominator = cost * (100 * ONE + self.percent), 100 * self.credit_price
        rate, rest = divmod(numerator, denominator)
        if 2 * rest > denominator or (2 * rest == denominator and rate & 1):
            rate += 1
        if rate > MOST_RATE * ONE:
            raise ValueError(f"it would be more than {MOST_RATE} credits per unit")
        return rate
