"""Reading a caller's body: what is refused, and how it is told."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.bodies import read_checked, read_object


class Sample(msgspec.Struct):
    name: str
    sizes: list[int] = []


DECODE = msgspec.json.Decoder(Sample).decode


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        (b"", "the request has no body: send a JSON object", None),
        (b"{", "the request body is not JSON", None),
        (b"7", "the request body is not a JSON object", None),
        (b'{"name":"\xff"}', "the request body is not UTF-8", None),
        (b'{"name":"a","unseen":"\xff"}', "the request body is not UTF-8", None),
        (b'{"sizes":[]}', "Validation error: Object missing required field `name`", None),
        (b'{"name":1}', "Validation error: name: Expected `str`, got `int`", "name"),
        (b'{"name":"a","sizes":[1,"b"]}', "Validation error: sizes[1]: Expected `int`, got `str`", "sizes[1]"),
    ],
)
def test_a_bad_body_is_refused_with_the_place(body: bytes, message: str, param: str | None) -> None:
    with pytest.raises(BadRequest) as refused:
        read_checked(body, DECODE)
    assert refused.value.message.startswith(message)
    assert refused.value.param == param


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    with suppress(BadRequest):
        assert isinstance(read_checked(body, DECODE), Sample)


@given(st.binary(max_size=200))
def test_what_is_read_as_an_object_is_one(body: bytes) -> None:
    with suppress(BadRequest):
        assert isinstance(read_object(body), dict)


def test_nesting_without_end_is_refused() -> None:
    for body in (b'{"a":' * 100_000, b"[" * 100_000):
        with pytest.raises(BadRequest):
            read_object(body)
