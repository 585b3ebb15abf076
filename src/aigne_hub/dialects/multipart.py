"""Forms with files live here (RFC 7578): read, edited with the rest as it was byte for byte, or written anew."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from aigne_hub.base.errors import BadRequest

_BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{1,70})\r\n")
_NAME = re.compile(rb'content-disposition:[^\r\n]*?[; ]name="?([^";\r\n]*)"?', re.IGNORECASE)
_TYPE = re.compile(rb"content-type: *([^\r\n;]*)", re.IGNORECASE)
_MOST_PARTS = 200
_LONGEST_FIELD = 100_000


class Part(Struct, frozen=True):
    """One part of a form: where its value stands in the body, whether it is a file, and of which type it says it is."""

    name: str
    start: int
    end: int
    is_file: bool
    mime: str = ""


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
            is_file, kind = b"filename" in head.lower(), _TYPE.search(head)
            mime = "" if kind is None else kind[1].decode("latin-1").strip().lower()
            found.append(Part(name[1].decode("utf-8", "replace"), value + 4, max(value + 4, end), is_file, mime))
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


def without(body: bytes, parts: list[Part], name: str) -> bytes:
    """The body without the fields of this name."""
    boundary = body[: body.index(b"\r\n") + 2]
    pieces, at = [], 0
    for part in parts:
        if part.name == name and not part.is_file:
            pieces.append(body[at : body.rindex(boundary, at, part.start)])
            at = part.end + 2
    return b"".join([*pieces, body[at:]])


class File(Struct, frozen=True):
    """A file for a form; its `name` has no path and no quotes."""

    field: str
    name: str
    mime: str
    data: bytes


def written(fields: Mapping[str, str], files: Sequence[File]) -> tuple[bytes, bytes]:
    """A form: its content type and its body.

    The boundary is a digest of all that the form holds, so that no value can be made to contain it.
    """
    pieces = [(f'Content-Disposition: form-data; name="{name}"', value.encode()) for name, value in fields.items()]
    for file in files:
        head = f'Content-Disposition: form-data; name="{file.field}"; filename="{file.name}"'
        pieces.append((f"{head}\r\nContent-Type: {file.mime}", file.data))
    digest = hashlib.sha256()
    for head, value in pieces:
        digest.update(hashlib.sha256(head.encode()).digest() + hashlib.sha256(value).digest())
    boundary = b"hub-" + digest.hexdigest()[:40].encode()
    body = b"".join([b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, head.encode(), value) for head, value in pieces])
    return b"multipart/form-data; boundary=" + boundary, body + b"--%b--\r\n" % boundary


def begun_with(body: bytes, name: str, value: str) -> bytes:
    """The form with one more field, before all others."""
    boundary = body[: body.index(b"\r\n")]
    head = b'Content-Disposition: form-data; name="%b"' % name.encode()
    return b"%b\r\n%b\r\n\r\n%b\r\n%b" % (boundary, head, value.encode(), body)
