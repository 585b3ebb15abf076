"""Errors have Google's shape (https://ai.google.dev/gemini-api/docs/troubleshooting)."""

from __future__ import annotations

import json

import pytest

from aigne_hub.base.errors import (
    BadRequest,
    Failure,
    HubError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooMany,
    UpstreamFailed,
)
from aigne_hub.dialects.gemini.errors import error_body


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (BadRequest("x"), 400, "INVALID_ARGUMENT"),
        (NotSignedIn("x"), 401, "UNAUTHENTICATED"),
        (NotAllowed("x"), 403, "PERMISSION_DENIED"),
        (NotFound("x"), 404, "NOT_FOUND"),
        (TooLarge("x"), 413, "INVALID_ARGUMENT"),
        (TooMany("x"), 429, "RESOURCE_EXHAUSTED"),
        (HubError("x"), 500, "INTERNAL"),
        (UpstreamFailed(Failure.broken, "x"), 502, "UNAVAILABLE"),
        (UpstreamFailed(Failure.timeout, "x"), 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_every_status_has_its_word(error: HubError, code: int, status: str) -> None:
    assert json.loads(error_body(error)) == {
        "error": {"code": code, "message": "x", "status": status, "reason": error.code}
    }


def test_the_field_that_is_wrong_is_named() -> None:
    body = error_body(BadRequest("x", param="contents"))
    assert json.loads(body)["error"]["param"] == "contents"
    assert body.startswith(b'{"error":')
