"""Errors in Google's shape live here.

Source: https://ai.google.dev/gemini-api/docs/troubleshooting
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.base.errors import HubError

_write = msgspec.json.Encoder().encode

_STATUSES = {
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_body(error: HubError) -> bytes:
    """`{"error": {code, message, status, reason, param?}}`; Google's own have no `reason` nor `param` there.

    `error` stands first and without a space: Google's client knows an error within a stream by how it begins.
    """
    status = _STATUSES.get(error.status, "INVALID_ARGUMENT" if error.status < 500 else "INTERNAL")
    shown: dict[str, Any] = {
        "code": error.status,
        "message": error.message,
        "status": status,
        "reason": error.code,
    }
    if error.param is not None:
        shown["param"] = error.param
    return _write({"error": shown})
