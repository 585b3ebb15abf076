"""What a caller is told of how to get in (RFC 6750 section 3, RFC 9728 section 5.1)."""

from __future__ import annotations

import pytest

from aigne_hub.access.challenge import bearer_challenge
from aigne_hub.base.errors import NotSignedIn

METADATA = 'resource_metadata="https://hub.example.com/.well-known/oauth-protected-resource"'


def test_who_showed_nothing_is_told_where_to_ask_and_not_that_something_was_wrong() -> None:
    told = bearer_challenge("https://hub.example.com", NotSignedIn("x", code="missing_api_key"))
    assert told == f"Bearer {METADATA}"


def test_who_showed_a_bad_token_is_told_so() -> None:
    told = bearer_challenge("https://hub.example.com", NotSignedIn("x", code="invalid_api_key"))
    assert told == f'Bearer error="invalid_token", {METADATA}'


@pytest.mark.parametrize("url", ['http://evil"', "http://", "ftp://x", "http://a b", "http://x\r\ny"])
def test_a_host_that_cannot_be_is_left_out(url: str) -> None:
    assert bearer_challenge(url, NotSignedIn("x", code="missing_api_key")) == "Bearer"
