"""What a request's head looks like, and what can never get into one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Origin
from aigne_hub.outbound.request import OURS, render_head

ORIGIN = Origin("https", "api.example.com", 443)
START = b"Host: api.example.com\r\nAccept-Encoding: identity\r\n"


def test_a_head_has_host_coding_the_given_fields_and_the_length() -> None:
    head = render_head(ORIGIN, b"POST", b"/v1/x", [(b"X-A", b"b"), (b"x-c", b"")], 12)
    assert head == b"POST /v1/x HTTP/1.1\r\n" + START + b"X-A: b\r\nx-c: \r\nContent-Length: 12\r\n\r\n"


@pytest.mark.parametrize(("method", "length"), [(b"GET", None), (b"DELETE", None), (b"POST", b"0"), (b"PUT", b"0")])
def test_an_empty_body_has_a_length_only_where_a_body_is_expected(method: bytes, length: bytes | None) -> None:
    head = render_head(ORIGIN, method, b"/", [], 0)
    assert (b"Content-Length: 0" in head) == (length is not None)


@pytest.mark.parametrize("name", sorted(OURS))
def test_fields_that_are_the_clients_own_are_left_out(name: bytes) -> None:
    fields = [(name, b"evil"), (name.upper(), b"evil"), (name.title(), b"evil")]
    assert render_head(ORIGIN, b"GET", b"/", fields, 0) == b"GET / HTTP/1.1\r\n" + START + b"\r\n"


@given(
    method=st.binary(max_size=6), path=st.binary(max_size=8), name=st.binary(max_size=8), value=st.binary(max_size=8)
)
def test_no_input_adds_a_line_or_a_word(method: bytes, path: bytes, name: bytes, value: bytes) -> None:
    try:
        head = render_head(ORIGIN, method, path, [(name, value)], 3)
    except UpstreamFailed as failed:
        assert failed.kind is Failure.refused
        assert "\r" not in failed.message
        return
    lines = head.split(b"\r\n")
    assert lines[0].count(b" ") == 2
    assert len(lines) == (6 if name.lower() in OURS else 7)
    assert not set(head.replace(b"\r\n", b"")) & set(b"\r\n\0")
