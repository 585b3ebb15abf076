"""Errors in Anthropic's shape live here.

Source: https://platform.claude.com/docs/en/api/errors
"""

from __future__ import annotations

import msgspec

from aigne_hub.base.errors import HubError

_write = msgspec.json.Encoder().encode

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def error_body(error: HubError) -> bytes:
    """`{"type": "error", "error": {type, message, code, param?}}`; Anthropic's own have no `code` nor `param`."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    shown = {"type": kind, "message": error.message, "code": error.code}
    if error.param is not None:
        shown["param"] = error.param
    return _write({"type": "error", "error": shown})
