"""What a picture's size means to providers that know shapes alone lives here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isclose, log

from msgspec import Struct

_PIXELS = re.compile(r"([1-9]\d{1,4})[x*]([1-9]\d{1,4})", re.ASCII)
_RATIO = re.compile(r"([1-9]\d?)[:x]([1-9]\d?)", re.ASCII)
_SAME = 0.02  # sizes are rounded to what a model can draw, so 832 by 1248 is 2:3


class Shape(Struct, frozen=True):
    """The nearest of a provider's ratios, and whether it is the wished one."""

    ratio: tuple[int, int]
    is_same: bool


def pixels_of(size: str) -> tuple[int, int] | None:
    """Width and height of `1536x1024`."""
    found = _PIXELS.fullmatch(size)
    return (int(found[1]), int(found[2])) if found else None


def ratio_of(size: str) -> tuple[int, int] | None:
    """The two numbers of `16:9` or `16x9`, which are no pixels."""
    found = _RATIO.fullmatch(size)
    return (int(found[1]), int(found[2])) if found else None


def shape_of(size: str, ratios: Sequence[tuple[int, int]]) -> Shape | None:
    """What is nearest to `1536x1024` or `3:2` among `ratios`; None for a size that says nothing of a shape."""
    wished = ratio_of(size) or pixels_of(size)
    if wished is None:
        return None
    aspect = wished[0] / wished[1]
    nearest = min(ratios, key=lambda one: abs(log(aspect * one[1] / one[0])))
    return Shape(nearest, isclose(aspect, nearest[0] / nearest[1], rel_tol=_SAME))
