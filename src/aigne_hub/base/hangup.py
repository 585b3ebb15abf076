"""What follows when a caller hangs up lives here: for how long its provider is read on, in seconds and in words.

0 is `cancel`: the provider's connection is closed at once. Infinity is `end`: the answer is read to its end.
"""

from __future__ import annotations

import math
import re

LONGEST_S = 3600
ALLOWED = f"must be cancel, end or a number of seconds from 0 to {LONGEST_S}"


def read_drain(text: str) -> float:
    """Seconds of `cancel`, `end` or a number. Raises ValueError."""
    word = text.strip().lower()
    if word in ("cancel", "end"):
        return 0.0 if word == "cancel" else math.inf
    value = float(word) if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", word) else None
    if value is None or value > LONGEST_S:
        raise ValueError(ALLOWED)
    return value


def shown_drain(seconds: float) -> str:
    """The word or number that `read_drain` reads."""
    if seconds == 0:
        return "cancel"
    return "end" if seconds == math.inf else f"{seconds:g}"
