"""Errors are Anthropic's own, as its client reads them."""

from __future__ import annotations

import json

import pytest

from aigne_hub.base.errors import (
    BadRequest,
    Failure,
    HubError,
    NotAllowed,
    NotSignedIn,
    TooLarge,
    TooMany,
    Unavailable,
    UpstreamFailed,
)
from aigne_hub.dialects.anthropic_messages.errors import error_body


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("m"), "invalid_request_error"),
        (NotSignedIn("m"), "authentication_error"),
        (NotAllowed("m"), "permission_error"),
        (TooLarge("m"), "request_too_large"),
        (TooMany("m"), "rate_limit_error"),
        (Unavailable("m"), "overloaded_error"),
        (UpstreamFailed(Failure.timeout, "m"), "timeout_error"),
        (UpstreamFailed(Failure.broken, "m"), "api_error"),
        (UpstreamFailed(Failure.rejected, "m", upstream_status=418), "invalid_request_error"),
    ],
)
def test_the_type_goes_by_the_status(error: HubError, kind: str) -> None:
    body = json.loads(error_body(error))
    assert body == {"type": "error", "error": {"type": kind, "message": "m", "code": error.code}}


def test_the_field_is_named() -> None:
    assert json.loads(error_body(BadRequest("m", param="tools")))["error"]["param"] == "tools"
