"""Errors in OpenAI's shape: ours are written whole, a provider's are made safe."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest, Failure, TooMany
from aigne_hub.dialects.openai_errors import error_body, error_of_answer, error_of_event, safe


def test_an_error_is_an_object_without_nulls() -> None:
    assert json.loads(error_body(BadRequest("no", param="model"))) == {
        "error": {"message": "no", "type": "invalid_request_error", "code": "invalid_request", "param": "model"}
    }
    assert json.loads(error_body(TooMany("slow"))) == {
        "error": {"message": "slow", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
    }


@pytest.mark.parametrize(
    ("status", "kind", "given"),
    [
        (400, Failure.rejected, 400),
        (401, Failure.credential, 502),
        (402, Failure.credential, 502),
        (403, Failure.credential, 502),
        (404, Failure.rejected, 404),
        (422, Failure.rejected, 422),
        (429, Failure.throttled, 429),
        (500, Failure.overloaded, 502),
        (503, Failure.overloaded, 503),
        (529, Failure.overloaded, 502),
    ],
)
def test_the_status_decides_what_a_refusal_means(status: int, kind: Failure, given: int) -> None:
    error = error_of_answer(status, b"{}", 9)
    assert (error.kind, error.status, error.upstream_status, error.retry_after) == (kind, given, status, 9)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":{"message":"too long"}}', "too long"),
        (b'{"error":"too long"}', "too long"),
        (b'{"message":"too long"}', "too long"),
        (b'{"error":{"message":7}}', "the provider refused the request with status 400"),
        (b'{"error":null}', "the provider refused the request with status 400"),
        (b"[1]", "the provider refused the request with status 400"),
        (b"<html>", "the provider refused the request with status 400"),
        (b"", "the provider refused the request with status 400"),
        (b"[" * 70_000, "the provider refused the request with status 400"),
    ],
)
def test_a_providers_sentence_is_found_wherever_providers_put_it(body: bytes, said: str) -> None:
    assert error_of_answer(400, body, None).message == said


def test_what_a_provider_says_of_our_credential_stays_here() -> None:
    error = error_of_answer(401, b'{"error":{"message":"Incorrect API key provided: sk-abc"}}', None)
    assert "sk-abc" not in error.message
    assert "administrator" in error.message


@pytest.mark.parametrize(
    ("words", "kind", "given"),
    [
        ("Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_CSAM", Failure.rejected, 403),
        ("Your Usage Guidelines were not kept", Failure.rejected, 403),
        ("this model is not available in your region", Failure.overloaded, 502),
        ("Country, region, or territory not supported in your country", Failure.overloaded, 502),
        ("geographic restriction", Failure.overloaded, 502),
        ("You are temporarily blocked, try again later", Failure.overloaded, 502),
        ("API key has no access to this model", Failure.credential, 502),
        ("", Failure.credential, 502),
    ],
)
def test_a_403_speaks_of_our_credential_only_when_its_words_tell_of_nothing_else(
    words: str, kind: Failure, given: int
) -> None:
    for body in ({"error": {"message": words}}, {"error": words, "code": 7}):
        error = error_of_answer(403, json.dumps(body).encode(), None)
        assert (error.kind, error.status) == (kind, given)
        assert (words in error.message) == (kind is not Failure.credential or not words)


def test_what_a_provider_says_of_our_credential_is_kept_for_the_operator() -> None:
    error = error_of_answer(401, b'{"error":{"message":"Incorrect API key provided: sk-abcdefgh"}}', None)
    assert error.said == "Incorrect API key provided: [secret]"
    assert error.said not in str(error)
    assert error_of_answer(400, b'{"error":{"message":"too long"}}', None).said == ""
    empty = error_of_answer(402, b'{"error":{"message":"top up","code":"CREDIT_NOT_ENOUGH"}}', None)
    assert empty.said == "NOT_ENOUGH top up"


def test_an_error_event_says_what_the_provider_said() -> None:
    assert error_of_event(b'{"error":{"message":"overloaded"}}').message == "the provider reported an error: overloaded"
    assert "did not say" in error_of_event(b'{"error":{}}').message


@given(
    st.sampled_from(["sk-", "sk_live_", "gsk_", "xai-", "hf_", "Bearer ", "blocklet-"]),
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=8, max_size=60),
)
def test_what_looks_like_a_secret_does_not_pass(prefix: str, rest: str) -> None:
    assert rest not in safe(f"the key {prefix}{rest} is wrong")


def test_an_address_does_not_pass_and_a_sentence_is_bounded() -> None:
    assert safe("see http://10.0.0.1:8000/x?key=1 now") == "see [address] now"
    assert len(safe("word " * 10_000)) == 600
    assert safe("a\r\nb\tc") == "a b c"
