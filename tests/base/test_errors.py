"""Tests of base/errors.py."""

import pytest

from aigne_hub.base import errors
from aigne_hub.base.errors import Failure, HubError, TooMany, UpstreamFailed, WrongMethod


def test_an_error_carries_what_a_door_renders() -> None:
    error = TooMany("slow down", code="key_limit", param="model", retry_after=3)
    assert (str(error), error.message, error.status) == ("slow down", "slow down", 429)
    assert (error.code, error.param, error.retry_after, error.type) == ("key_limit", "model", 3, "rate_limit_error")


def test_a_code_of_one_error_stays_with_it() -> None:
    TooMany("one", code="key_limit")
    assert TooMany("another").code == "rate_limit_exceeded"


def test_every_error_has_a_status_of_its_kind_and_a_stable_code() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, HubError)]
    assert len(kinds) > 10
    for kind in kinds:
        assert 400 <= kind.status <= 599
        assert kind.code == kind.code.lower().replace(" ", "_")


def test_a_wrong_method_says_what_the_path_takes() -> None:
    assert WrongMethod("POST").allowed == "POST"
    assert "POST" in WrongMethod("POST").message


@pytest.mark.parametrize(
    ("kind", "upstream", "status"),
    [
        (Failure.timeout, None, 504),
        (Failure.throttled, 429, 429),
        (Failure.rejected, 422, 422),
        (Failure.rejected, None, 502),
        (Failure.overloaded, 503, 503),
        (Failure.overloaded, 500, 502),
        (Failure.refused, None, 502),
        (Failure.malformed, 200, 502),
    ],
)
def test_the_status_of_a_failed_attempt(kind: Failure, upstream: int | None, status: int) -> None:
    failed = UpstreamFailed(kind, "no", upstream_status=upstream)
    assert (failed.status, failed.upstream_status, failed.code) == (status, upstream, f"upstream_{kind}")


@pytest.mark.parametrize("upstream", [401, 403])
def test_a_providers_refusal_of_our_credential_never_looks_like_the_callers(upstream: int) -> None:
    assert UpstreamFailed(Failure.credential, "no", upstream_status=upstream).status == 502
