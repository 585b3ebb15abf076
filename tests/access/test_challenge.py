"""What a caller is told of how to get in."""

from __future__ import annotations

import pytest

from aigne_hub.access.challenge import bearer_challenge, has_challenge
from aigne_hub.base.errors import NotAllowed, NotSignedIn

METADATA = 'resource_metadata="https://hub.example/.well-known/oauth-protected-resource"'


def test_whoever_showed_nothing_is_only_shown_the_way() -> None:
    assert bearer_challenge("https://hub.example", NotSignedIn("no", code="missing_api_key")) == f"Bearer {METADATA}"


def test_whoever_showed_something_wrong_is_told_so() -> None:
    assert bearer_challenge("https://hub.example", NotSignedIn("no")) == f'Bearer error="invalid_token", {METADATA}'


def test_whoever_may_too_little_is_told_what_is_missing() -> None:
    error = NotAllowed("no", code="insufficient_scope")
    assert has_challenge(error) and not has_challenge(NotAllowed("no"))
    assert bearer_challenge("https://hub.example", error) == f'Bearer error="insufficient_scope", {METADATA}'


@pytest.mark.parametrize("url", ["http://", 'http://a"b', "http://a b", "http://a\r\nx: y", "ftp://a", "http://é"])
def test_an_address_that_is_none_is_left_out(url: str) -> None:
    assert bearer_challenge(url, NotSignedIn("no", code="missing_api_key")) == "Bearer"
