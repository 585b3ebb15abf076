"""Money as whole numbers lives here: nano-credits, rates, and how both are read and shown as decimals.

A credit is 10^9 nano-credits. A rate is what a unit costs (a token, a picture, a second), kept in nano-credits per
million units: so it has fifteen places behind the point. What a unit costs the hub is kept alike, in nano-dollars.
"""

from __future__ import annotations

import re

NANO = 10**9
MILLION = 10**6
MOST_RATE = 10**10  # credits a unit, as the reference's decimal(20,10) holds them

ONE = 10**15  # a rate of one per unit
_PLACES = 15
_NUMBER = re.compile(r"([0-9]{1,30})(?:\.([0-9]{1,60}))?(?:[eE]([+-]?[0-9]{1,2}))?")
_SURE_DIGITS = 15  # that a binary float keeps of what was written, whatever it was


def read_rate(given: object) -> int:
    """A rate told in credits per unit, as text or as a number, in nano-credits per million units.

    Nothing is rounded: raises ValueError, saying why, for what is not held exactly, and for what is no rate.
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError("a number of credits per unit is expected here, best as a string")
    said = repr(given) if isinstance(given, float) else str(given).strip()
    found = _NUMBER.fullmatch(said)
    if found is None:
        raise ValueError("a decimal number that is not negative is expected here, such as 0.0000025")
    whole, places, exponent = found[1], found[2] or "", int(found[3] or 0)
    if isinstance(given, float) and len((whole + places).strip("0")) > _SURE_DIGITS:
        raise ValueError(f"a number of over {_SURE_DIGITS} digits is not sure to arrive whole: send it as a string")
    shift = exponent - len(places) + _PLACES
    rate, lost = divmod(int(whole + places) * _power(shift), _power(-shift))
    if lost:
        raise ValueError(f"a rate has at most {_PLACES} places behind the point")
    if rate > MOST_RATE * ONE:
        raise ValueError(f"a rate is at most {MOST_RATE} per unit")
    return rate


def shown_rate(rate: int) -> str:
    """A rate per unit as a plain decimal, exact and without an exponent."""
    return _plain(rate, _PLACES)


def shown_credits(credits: int) -> float:
    """Credits as a JSON number: exact for as many digits as such a number has."""
    return credits / NANO


def _power(exponent: int) -> int:
    return int(10 ** max(exponent, 0))


def _plain(number: int, places: int) -> str:
    whole, rest = divmod(number, 10**places)
    return f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".") if rest else str(whole)
