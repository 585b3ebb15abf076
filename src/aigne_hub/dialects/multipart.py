"""Forms with files live here: reading their small fields and replacing one, the rest byte for byte (RFC 7578)."""

from __future__ import annotations

import re

from msgspec import Struct

from aigne_hub.base.errors import BadRequest

_BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{1,70})\r\n")
_NAME = re.compile(rb'content-disposition:[^\r\n]*?[; ]name="?([^";\r\n]*)"?', re.IGNORECASE)
_MOST_PARTS = 200
_LONGEST_FIELD = 100_000


class Part(Struct, frozen=True):
    """One part of a form: where its value stands in the body, and whether it is a file."""

    name: str
    start: int
    end: int
    is_file: bool


def parts_of(body: bytes) -> list[Part]:
    """The parts, in order. Raises BadRequest when the body is not such a form."""
    first = _BOUNDARY.match(body)
    if first is None:
        raise BadRequest("the request body is not a form with files (multipart/form-data)", code="invalid_form")
    mark = b"\r\n--" + first[1]
    found: list[Part] = []
    at = first.end()
    while len(found) < _MOST_PARTS:
        value = body.find(b"\r\n\r\n", at)
        end = body.find(mark, value + 2)
        if value < 0 or end < 0:
            raise BadRequest("the form breaks off before its end", code="invalid_form")
        head = body[at:value]
        name = _NAME.search(head)
        if name is not None:
            is_file = b"filename" in head.lower()
            found.append(Part(name[1].decode("utf-8", "replace"), value + 4, max(value + 4, end), is_file))
        at = end + len(mark)
        if body[at : at + 2] == b"--":
            return found
        at = body.find(b"\r\n", at) + 2
        if at < 2:
            raise BadRequest("the form breaks off before its end", code="invalid_form")
    raise BadRequest(f"a form has at most {_MOST_PARTS} parts", code="invalid_form")


def text_of(body: bytes, parts: list[Part], name: str) -> str | None:
    """The value of a field that is no file; None when there is none. Raises BadRequest for one that is no text."""
    for part in parts:
        if part.name == name and not part.is_file:
            if part.end - part.start > _LONGEST_FIELD:
                raise BadRequest(f"the field {name} is too long", param=name)
            try:
                return body[part.start : part.end].decode("utf-8")
            except UnicodeDecodeError:
                raise BadRequest(f"the field {name} is not UTF-8", param=name) from None
    return None


def replaced(body: bytes, parts: list[Part], name: str, value: bytes) -> bytes:
    """The body with the value of every field of this name replaced."""
    pieces, at = [], 0
    for part in parts:
        if part.name == name and not part.is_file:
            pieces += [body[at : part.start], value]
            at = part.end
    return b"".join([*pieces, body[at:]])
