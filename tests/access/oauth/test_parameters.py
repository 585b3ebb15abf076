"""Parameters: each at most once, and empty ones absent."""

from __future__ import annotations

import pytest

from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.parameters import Parameters


def test_a_form_is_read_as_it_is_written() -> None:
    asked = Parameters.read(b"a=1&b=x+y%2Bz&empty=&state=%C3%A9")
    assert (asked.get("a"), asked.get("b"), asked.get("state")) == ("1", "x y+z", "é")
    assert asked.get("empty") is None and asked.once("empty") is None
    with pytest.raises(OAuthError, match="missing"):
        asked.need("empty")


def test_a_parameter_given_twice_is_refused_wherever_it_matters() -> None:
    asked = Parameters.read(b"a=1&a=1&state=x&state=y&resource=r&resource=s")
    with pytest.raises(OAuthError, match="more than once") as refused:
        asked.get("a")
    assert refused.value.code == "invalid_request"
    with pytest.raises(OAuthError, match="more than once"):
        asked.refuse_repeated()
    assert asked.once("state") is None
    Parameters.read(b"resource=r&resource=s").refuse_repeated()


@pytest.mark.parametrize("text", [b"\xff=1", b"a=%ff", b"&".join(b"a%d=1" % n for n in range(60))])
def test_what_is_no_form_is_refused(text: bytes) -> None:
    with pytest.raises(OAuthError) as refused:
        Parameters.read(text)
    assert refused.value.code == "invalid_request"


def test_a_value_without_end_is_refused() -> None:
    with pytest.raises(OAuthError, match="too long"):
        Parameters([("a", "x" * 4001)]).get("a")


@pytest.mark.parametrize("resource", ["https://hub.example", "https://hub.example/", "https://hub.example/v1"])
def test_tokens_are_wanted_for_this_hub(resource: str) -> None:
    Parameters([("resource", resource)]).refuse_foreign_resource("https://hub.example")
    with pytest.raises(OAuthError) as refused:
        Parameters([("resource", resource), ("resource", "https://x.example")]).refuse_foreign_resource(
            "https://hub.example"
        )
    assert refused.value.code == "invalid_target"
