"""Sizes of pictures, told to providers that know shapes."""

from __future__ import annotations

import pytest

from aigne_hub.dialects.picture_sizes import Shape, pixels_of, ratio_of, shape_of

RATIOS = ((1, 1), (2, 3), (3, 2), (9, 16), (16, 9))


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ("1024x1024", Shape((1, 1), True)),
        ("1536x1024", Shape((3, 2), True)),
        ("832x1248", Shape((2, 3), True)),
        ("1792x1024", Shape((16, 9), True)),  # within what a model rounds
        ("1000x100", Shape((16, 9), False)),
        ("16:9", Shape((16, 9), True)),
        ("9x16", Shape((9, 16), True)),
        ("21:9", Shape((16, 9), False)),
        ("2K", None),
        ("0x100", None),
        ("1024", None),
        ("99999999x1", None),
    ],
)
def test_the_nearest_shape_is_found(size: str, shape: Shape | None) -> None:
    assert shape_of(size, RATIOS) == shape


def test_a_ratio_is_no_size_in_pixels() -> None:
    assert (pixels_of("1024*768"), ratio_of("1024x768")) == ((1024, 768), None)
    assert (pixels_of("16:9"), ratio_of("16:9")) == (None, (16, 9))
