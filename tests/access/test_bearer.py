"""Where a key is looked for, and what is refused (contract 1.2)."""

from __future__ import annotations

import pytest

from aigne_hub.access.bearer import find_bearer
from aigne_hub.base.errors import BadRequest, NotSignedIn


def test_no_key_is_none() -> None:
    assert find_bearer([(b"cookie", b"a=b"), (b"accept", b"*/*")], b"x=1", None) is None


@pytest.mark.parametrize(
    ("headers", "query", "body"),
    [
        ([(b"authorization", b"Bearer k")], b"", None),
        ([(b"authorization", b"bearer k")], b"", None),
        ([(b"x-api-key", b"k")], b"", None),
        ([(b"x-goog-api-key", b"k")], b"", None),
        ([(b"cookie", b"a=1; login_token=k; b=2")], b"", None),
        ([], b"a=1&access_token=k", None),
        ([], b"", "k"),
    ],
)
def test_a_key_is_found_in_every_place(headers: list[tuple[bytes, bytes]], query: bytes, body: str | None) -> None:
    assert find_bearer(headers, query, body) == "k"


@pytest.mark.parametrize(
    ("headers", "query", "body"),
    [
        ([(b"authorization", b"Bearer k"), (b"authorization", b"Bearer k")], b"", None),
        ([(b"authorization", b"Bearer k"), (b"cookie", b"login_token=k")], b"", None),
        ([(b"authorization", b"Bearer k")], b"access_token=k", None),
        ([(b"authorization", b"Bearer k"), (b"x-api-key", b"k")], b"", None),
        ([(b"authorization", b"Bearer k")], b"", "k"),
        ([], b"access_token=k&access_token=k", None),
        ([], b"access_token=k", "k"),
    ],
)
def test_a_key_in_two_places_is_refused(headers: list[tuple[bytes, bytes]], query: bytes, body: str | None) -> None:
    with pytest.raises(BadRequest, match="multiple locations"):
        find_bearer(headers, query, body)


@pytest.mark.parametrize("value", [b"Bearer", b"Bearer ", b"Basic k", b"k", b"Bearer a b", b"", b"Bearer  k"])
def test_a_malformed_header_is_an_invalid_key(value: bytes) -> None:
    with pytest.raises(NotSignedIn) as refusal:
        find_bearer([(b"authorization", value)], b"", None)
    assert refusal.value.code == "invalid_api_key"
