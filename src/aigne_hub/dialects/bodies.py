"""Reading a caller's body lives here: JSON, UTF-8, an object, of the right types, or a clear refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from aigne_hub.base.errors import BadRequest

T = TypeVar("T")

# What a decoder raises for what is no JSON, of another shape, no text, or nested without end.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_read_any = msgspec.json.Decoder().decode
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")


class NotJson(BadRequest):
    """The body is no JSON at all, whatever it was meant to say."""

    code = "invalid_json"


def read_checked(body: bytes, decode: Callable[[bytes], T]) -> T:
    """Decode `body` by a typed decoder. Raises BadRequest that names the field where one is wrong."""
    _check_text(body)
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise NotJson(f"the request body is not JSON: {error}") from None
    except RecursionError:
        raise NotJson("the request body is nested too deeply") from None


def read_object(body: bytes) -> dict[str, Any]:
    """Decode `body` as a JSON object without further checks."""
    value = read_checked(body, _read_any)
    if not isinstance(value, dict):
        raise BadRequest("the request body is not a JSON object", code="invalid_json")
    return value


def _check_text(body: bytes) -> None:
    if not body:
        raise NotJson("the request has no body: send a JSON object")
    if body.isascii():
        return
    try:
        # The decoder skips over what it need not keep, also over bytes that are no text.
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJson("the request body is not UTF-8") from None


def _invalid(problem: str) -> BadRequest:
    found = _PLACE.search(problem)
    if not found or not found[1]:
        if problem.startswith("Expected `object`"):
            return BadRequest("the request body is not a JSON object", code="invalid_json")
        return BadRequest(f"Validation error: {problem}")
    return BadRequest(f"Validation error: {found[1]}: {problem[: found.start()]}", param=found[1])
