"""Names and types of kept files, as they may stand in a header, an address and a folder."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.files.names import SHOWN, UNKNOWN, plain_name, plain_type, served_type


@pytest.mark.parametrize(
    ("name", "media_type", "plain"),
    [
        ("cat.png", "image/png", "cat.png"),
        ("cat.PNG", "image/png", "cat.PNG"),
        ("cat.jpeg", "image/jpeg", "cat.jpeg"),
        ("cat", "image/webp", "cat.webp"),
        ("page.html", "image/png", "page.html.png"),
        ("../../etc/passwd", UNKNOWN, "etc_passwd"),
        ("..", "video/mp4", "file.mp4"),
        ("", UNKNOWN, "file"),
        ('a"; filename="b\r\nx: y', UNKNOWN, "a_filename_b_x_y"),
        ("猫.png", "image/png", "png.png"),
        ("n" * 300 + ".mp4", "video/mp4", "n" * 76 + ".mp4"),
    ],
)
def test_a_name_is_made_plain(name: str, media_type: str, plain: str) -> None:
    assert plain_name(name, media_type) == plain


@given(st.text(max_size=200), st.sampled_from([*SHOWN, UNKNOWN]))
def test_every_name_is_safe_and_bounded(name: str, media_type: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,89}", plain_name(name, media_type))


def test_only_what_holds_no_script_is_served_as_what_it_is() -> None:
    for active in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf", "text/css"):
        assert served_type(active) == UNKNOWN
    assert served_type("image/png") == "image/png"


def test_a_type_is_taken_without_its_parameters() -> None:
    assert plain_type("Image/PNG; charset=x") == "image/png"
    for odd in (None, "", "png", "a/b/c", "image/png\r\nx: y", "x" * 200 + "/y"):
        assert plain_type(odd) == UNKNOWN
