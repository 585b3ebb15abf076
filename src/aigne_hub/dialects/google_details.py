"""What Google tells beside an error lives here: when to try again, and that it was the key.

Source: https://google.aip.dev/193 and https://ai.google.dev/gemini-api/docs/troubleshooting. There it is in the body
what others tell by a header or a status: a key that is none is refused with 400.
"""

from __future__ import annotations

import math
import re

import msgspec
from msgspec import Struct

from aigne_hub.dialects.bodies import UNREADABLE

_OF_THE_KEY = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED"})
_DELAY = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)s", re.ASCII)
_LONGEST_S = 86400


class _Detail(Struct, rename="camel"):
    reason: str | None = None
    retry_delay: str | None = None


class _Error(Struct):
    details: list[_Detail] | None = None


class _Body(Struct):
    error: _Error


class GoogleDetails(Struct, frozen=True):
    """`retry_after` in seconds, when it was said; `is_of_key` when the credential was refused, whatever the status."""

    retry_after: int | None = None
    is_of_key: bool = False


_NONE = GoogleDetails()
_read = msgspec.json.Decoder(_Body).decode


def google_details(body: bytes) -> GoogleDetails:
    """What the body of an error tells in Google's way; of another's, nothing."""
    try:
        details = _read(body).error.details or []
    except UNREADABLE:
        return _NONE
    delays = [found[1] for one in details if one.retry_delay and (found := _DELAY.fullmatch(one.retry_delay))]
    return GoogleDetails(
        retry_after=min(math.ceil(float(delays[0])), _LONGEST_S) if delays else None,
        is_of_key=any(one.reason in _OF_THE_KEY for one in details),
    )
