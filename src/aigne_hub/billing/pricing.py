"""What a call costs lives here: usage and rates in, whole nano-credits out. Source: contract 5.6."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from aigne_hub.base.money import MILLION
from aigne_hub.dialects.usage import Usage

MOST = 2**63 - 1  # nano-credits of one call that a record can hold: nine billion credits


class Prices(Struct, frozen=True):
    """What units of one model cost, in nano-credits per million units.

    Without a rate of their own, tokens read from or written to a cache cost as fresh ones do; a rate of zero is zero.
    Where pictures are sold, `is_by_picture`, those cost the output rate and their tokens nothing beside.
    """

    input: int
    output: int
    cache_read: int | None = None
    cache_write: int | None = None
    is_by_picture: bool = False

    def price(self, usage: Usage) -> int:
        """The nano-credits of a use, rounded once, half-even. What was not told costs nothing.

        The buckets of a usage are disjoint, so nothing is paid for twice.
        """
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        made = (
            (usage.images or 0)
            if self.is_by_picture
            else (usage.output or 0) + (usage.reasoning or 0) + (usage.audio_output or 0)
        )
        millionths = (
            ((usage.input or 0) + (usage.audio_input or 0)) * self.input
            + made * self.output
            + (usage.cache_read or 0) * read
            + ((usage.cache_write_5m or 0) + (usage.cache_write_1h or 0)) * write
        )
        if usage.seconds:
            # Seconds are told in decimals, and that is what they are: 4.2 is 21/5, not the nearest binary fraction.
            numerator, denominator = Decimal(repr(usage.seconds)).as_integer_ratio()
            return _rounded(millionths * denominator + numerator * self.output, denominator * MILLION)
        return _rounded(millionths, MILLION)


def _rounded(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    twice = rest + rest
    if twice > denominator or (twice == denominator and whole & 1):
        whole += 1
    return 0 if whole < 0 else min(whole, MOST)
