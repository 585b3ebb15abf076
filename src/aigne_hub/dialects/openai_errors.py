"""Errors in OpenAI's shape live here: writing our own, and reading a provider's.

Source: https://platform.openai.com/docs/guides/error-codes; the object is also what the reference's
clients read (contract 1.6).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.google_details import google_details

_LONGEST = 600
_MOST_READ = 65536
_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|AIza|Bearer|Basic|blocklet)[-_ ][A-Za-z0-9_\-.~+/=*]{6,}", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")  # of which PostgreSQL refuses the first, and terminals act on some
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)

_read_any = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode

_KINDS = {401: Failure.credential, 402: Failure.credential, 403: Failure.credential, 429: Failure.throttled}
# A 403 with such words speaks not of our credential (contract 5.2): of what was asked …
_OF_THE_REQUEST = re.compile("content violates|usage guidelines|safety_check|failed check", re.IGNORECASE)
# … or of where and when: another provider may well answer it.
_OF_THE_PLACE = re.compile(
    "not available in your region|not supported in your country|geographic restriction|region restriction"
    "|temporarily blocked|temporary block|try again later",
    re.IGNORECASE,
)
_EMPTY = "NOT_ENOUGH"  # a 402 with this, wherever it is, says that the account is empty (contract 5.2)


def error_body(error: HubError) -> bytes:
    """`{"error": {message, type, code, param?}}`; absent fields are left out, never null."""
    shown: dict[str, str] = {"message": error.message, "type": error.type, "code": error.code}
    if error.param is not None:
        shown["param"] = error.param
    return _write({"error": shown})


def error_of_answer(status: int, body: bytes, retry_after: int | None) -> UpstreamFailed:
    """What a provider's answer with a status of 400 or more means. The status decides, and of a 403 its words.

    But for Google, which tells of a bad key with 400, and in the body when to try again.
    """
    told = google_details(body[:_MOST_READ])
    said = _said(body)
    kind = Failure.credential if told.is_of_key else _kind_of(status, body)
    if kind is Failure.credential:
        # What a provider says of our credential is for the operator's record, not for the caller.
        message = "the provider refused the hub's credential; an administrator has to look at it"
    elif kind is Failure.overloaded:
        message = f"the provider failed with status {status}" + (f": {said}" if said else "")
    else:
        message = said or f"the provider refused the request with status {status}"
    wait_s = told.retry_after if retry_after is None else retry_after
    of_us = said if kind is Failure.credential else ""
    if status == 402 and _EMPTY.encode() in body[:_MOST_READ] and _EMPTY not in of_us:
        of_us = f"{_EMPTY} {said}".strip()
    return UpstreamFailed(kind, message, upstream_status=status, retry_after=wait_s, said=of_us)


def _kind_of(status: int, body: bytes) -> Failure:
    if status == 403:
        words = body[:_MOST_READ].decode("utf-8", "replace")
        if _OF_THE_REQUEST.search(words):
            return Failure.rejected
        if _OF_THE_PLACE.search(words):
            return Failure.overloaded
    return _KINDS.get(status, Failure.overloaded if status >= 500 else Failure.rejected)


def error_of_event(data: bytes) -> UpstreamFailed:
    """What an error event within a provider's stream means."""
    said = _said(data)
    return UpstreamFailed(Failure.overloaded, f"the provider reported an error: {said or 'it did not say which'}")


def safe(text: str) -> str:
    """A provider's words without what looks like a secret or an address, or is no text, and not too many of them."""
    text = _CONTROL.sub("", _URL.sub("[address]", _SECRET.sub("[secret]", text)))
    return " ".join(text.split())[:_LONGEST]


def _said(body: bytes) -> str:
    try:
        answer: Any = _read_any(body[:_MOST_READ])
    except UNREADABLE:
        return ""
    error = answer.get("error", answer) if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return safe(message) if isinstance(message, str) else ""
