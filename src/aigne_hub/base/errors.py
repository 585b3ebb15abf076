"""Errors with data live here: rooms raise them, doors render them."""

from __future__ import annotations

from enum import StrEnum


class HubError(Exception):
    """An error that a caller may see.

    `status` is the HTTP status a door answers with, `code` a stable machine word, `message` a sentence
    without secrets, `param` the offending field of the request, `retry_after` seconds. `refused_as` is the
    action under which the journal notes the refusal, if it should; `about` the kind and id of its target.
    """

    status = 500
    type = "server_error"
    code = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: int | None = None,
        refused_as: str | None = None,
        about: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.refused_as = refused_as
        self.about = about
        self.code = code or self.code
        self.param = param
        self.retry_after = retry_after


class BadRequest(HubError):
    status = 400
    type = "invalid_request_error"
    code = "invalid_request"


class NotSignedIn(HubError):
    """No usable access key: `code` is `missing_api_key` or `invalid_api_key`, and nothing more is told."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"


class NotAllowed(HubError):
    status = 403
    type = "permission_error"
    code = "forbidden"


class NotFound(HubError):
    status = 404
    type = "invalid_request_error"
    code = "not_found"


class WrongMethod(HubError):
    status = 405
    type = "invalid_request_error"
    code = "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"this path takes {allowed}")
        self.allowed = allowed


class TooSlow(HubError):
    status = 408
    type = "invalid_request_error"
    code = "request_timeout"


class Conflict(HubError):
    status = 409
    type = "invalid_request_error"
    code = "conflict"


class TooLarge(HubError):
    status = 413
    type = "invalid_request_error"
    code = "request_too_large"


class UnsupportedMedia(HubError):
    status = 415
    type = "invalid_request_error"
    code = "unsupported_media_type"


class TooMany(HubError):
    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"


class Unavailable(HubError):
    """The hub itself cannot answer for now (its database, its own limits)."""

    status = 503
    type = "server_error"
    code = "unavailable"


class Failure(StrEnum):
    """What went wrong with an attempt at a provider; failover and rendering both decide by it."""

    refused = "refused"  # no connection could be made: nothing was sent
    timeout = "timeout"  # connect, first byte, idle or total limit passed
    broken = "broken"  # the connection or the HTTP framing broke
    oversized = "oversized"  # the answer passed its size limit
    forbidden_address = "forbidden_address"  # the address guard said no: nothing was sent
    malformed = "malformed"  # an answer came but is not in the provider's dialect
    credential = "credential"  # the provider refused our credential (401, real 403)
    rejected = "rejected"  # the provider refused the request itself (400, 404, 422 …)
    throttled = "throttled"  # 429
    overloaded = "overloaded"  # 5xx


class UpstreamFailed(HubError):
    """An attempt at a provider failed. `upstream_status` is the provider's HTTP status when one came.

    `said` is what the provider said of our credential, made safe: for the operator's eyes, never for a caller's.
    """

    status = 502
    type = "upstream_error"
    code = "upstream_failed"

    def __init__(
        self,
        kind: Failure,
        message: str,
        *,
        upstream_status: int | None = None,
        retry_after: int | None = None,
        code: str | None = None,
        param: str | None = None,
        said: str = "",
    ) -> None:
        super().__init__(message, code=code or f"upstream_{kind}", param=param, retry_after=retry_after)
        self.kind = kind
        self.said = said
        self.upstream_status = upstream_status
        self.status = _status_for(kind, upstream_status)


def _status_for(kind: Failure, upstream_status: int | None) -> int:
    # A provider's 401 or 403 speaks of our credential, not of the caller's key: it must never reach
    # the caller as 401, or clients would throw their good key away.
    if kind is Failure.timeout:
        return 504
    if kind is Failure.throttled:
        return 429
    if kind is Failure.rejected and upstream_status is not None:
        return upstream_status
    if kind is Failure.overloaded and upstream_status == 503:
        return 503
    return 502
