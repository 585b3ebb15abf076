"""Parts of a file, as RFC 9110 has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.edge.ranges import Unsatisfiable, asked_range, is_known

ETAG = b'"abc"'


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (b"bytes=0-9", (0, 10)),
        (b"bytes=90-", (90, 10)),
        (b"bytes=90-999999", (90, 10)),
        (b"bytes=-10", (90, 10)),
        (b"bytes=-999", (0, 100)),
        (b"bytes=99-99", (99, 1)),
        (b"bytes= 5-6 ", (5, 2)),
        (b"bytes=0-1,5-6", None),
        (b"bytes=9-5", None),
        (b"bytes=-", None),
        (b"bytes=a-b", None),
        (b"items=0-1", None),
        (b"bytes=" + b"9" * 30 + b"-", None),
        (b"", None),
    ],
)
def test_a_part_is_read(asked: bytes, found: tuple[int, int] | None) -> None:
    assert asked_range({b"range": asked}, ETAG, 100) == found


@pytest.mark.parametrize(("asked", "size"), [(b"bytes=100-", 100), (b"bytes=-0", 100), (b"bytes=0-0", 0)])
def test_what_lies_beyond_the_end_is_refused(asked: bytes, size: int) -> None:
    with pytest.raises(Unsatisfiable) as error:
        asked_range({b"range": asked}, ETAG, size)
    assert (error.value.status, error.value.size) == (416, size)


def test_a_part_of_another_content_is_all_of_it() -> None:
    assert asked_range({b"range": b"bytes=0-1", b"if-range": ETAG}, ETAG, 9) == (0, 2)
    assert asked_range({b"range": b"bytes=0-1", b"if-range": b'"old"'}, ETAG, 9) is None
    assert asked_range({b"range": b"bytes=0-1", b"if-range": b"Wed, 21 Oct 2015 07:28:00 GMT"}, ETAG, 9) is None


@given(st.binary(max_size=40).map(lambda rest: b"bytes=" + rest), st.integers(0, 1 << 40))
def test_a_part_lies_always_within(asked: bytes, size: int) -> None:
    try:
        found = asked_range({b"range": asked}, ETAG, size)
    except Unsatisfiable:
        return
    if found is not None:
        start, length = found
        assert 0 <= start < start + length <= size


def test_known_content_is_found_in_a_list_and_in_a_star() -> None:
    for said in (ETAG, b'"x", W/"abc"', b"*"):
        assert is_known({b"if-none-match": said}, ETAG)
    for said in (b'"x"', b"", b"abc"):
        assert not is_known({b"if-none-match": said}, ETAG)
    assert not is_known({}, ETAG)
