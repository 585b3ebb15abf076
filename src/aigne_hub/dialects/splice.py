"""Editing a JSON object in place lives here, so that what is not edited stays as it was, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_SPACE = re.compile(rb"[ \t\r\n]*")
_NAME = re.compile(_STRING, re.DOTALL)
_BRACKET_OR_STRING = re.compile(_STRING + rb"|[{}\[\]]", re.DOTALL)
_LARGE = 1 << 16
_MOST_QUOTES = 4096  # looked at one by one, which takes a millisecond at most
_PLAIN = re.compile(rb"[^,}\]\s]+")


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member of the object stands: its name from `start`, its value from `value` to `end`."""

    name: str
    start: int
    value: int
    end: int


def find_quoted(body: bytes, quoted: bytes, start: int = 0) -> int:
    """Where `quoted`, which begins with a quote, is found first from `start` on; -1 when it is not.

    A body that is large mostly is one file in base64. A single character is found in a tenth of the time that several
    are, and there is no quote within a file.
    """
    if len(body) - start < _LARGE:
        return body.find(quoted, start)
    at = start
    for _ in range(_MOST_QUOTES):
        at = body.find(b'"', at)
        if at < 0 or body.startswith(quoted, at):
            return at
        at += 1
    return body.find(quoted, at)


def replace_model(body: bytes, old: str, new: bytes) -> bytes:
    """Put `new` (JSON) in the place of the top-level `model`, whose value was read as `old`.

    The common body says `"model"` once and is edited without a scan. The scan also catches a name
    that is repeated or written with escapes, so that no second `model` can reach the provider.
    """
    name = find_quoted(body, b'"model"')
    # One backslash is found in a fortieth of the time that takes an escape of `m`, `o`, `d`, `e` or `l`.
    if name >= 0 and find_quoted(body, b'"model"', name + 7) < 0 and (b"\\" not in body or b"\\u006" not in body):
        written = b'"%b"' % old.encode()
        start = body.find(written, name + 7, name + 15 + len(written))
        if start >= 0 and not body[name + 7 : start].strip(b": \t\r\n"):
            return _with(body, start, new, start + len(written))
    models = [member for member in members_of(body) if member.name == "model"]
    if len(models) == 1:
        return _with(body, models[0].value, new, models[0].end)
    return edit(body, {"model": new})


def insert_first(body: bytes, member: bytes) -> bytes:
    """Put `member` (`"name":value`) before the others of an object that has at least one."""
    opening = body.index(b"{") + 1
    return _with(body, opening, member + b",", opening)


def append(body: bytes, members: bytes) -> bytes:
    """Put `members` after the others of an object that has at least one."""
    closing = body.rindex(b"}")
    return _with(body, closing, b"," + members, closing)


def edit(body: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """Replace the values of top-level members (None removes), and add those that are not there.

    Of a repeated name only the first stays. `body` must be a JSON object that has been parsed before.
    """
    pieces: list[bytes | memoryview] = []
    missing, view = dict(changes), memoryview(body)
    for member in members_of(body):
        if member.name not in changes:
            pieces.append(view[member.start : member.end])
            continue
        value = missing.pop(member.name, None)
        if value is not None:
            pieces.append(body[member.start : member.value] + value)
    pieces += [msgspec.json.encode(name) + b":" + value for name, value in missing.items() if value is not None]
    return b"{%b}" % b",".join(pieces)


def _with(body: bytes, start: int, new: bytes, end: int) -> bytes:
    """`body` with `new` from `start` to `end`; what is large is copied once."""
    if len(body) < _LARGE:
        return body[:start] + new + body[end:]
    view = memoryview(body)
    return b"".join((view[:start], new, view[end:]))


def members_of(body: bytes) -> list[Member]:
    """The top-level members of a JSON object, in order. `body` must have been parsed before."""
    found: list[Member] = []
    at = _skip(body, body.index(b"{") + 1)
    while body[at : at + 1] == b'"':
        name = _NAME.match(body, at)
        assert name is not None
        value = _skip(body, _skip(body, name.end()) + 1)
        end = _value_end(body, value)
        found.append(Member(msgspec.json.decode(name[0], type=str), at, value, end))
        at = _skip(body, end)
        if body[at : at + 1] == b",":
            at = _skip(body, at + 1)
    return found


def _value_end(body: bytes, at: int) -> int:
    first = body[at : at + 1]
    if first not in (b"{", b"["):
        found = (_NAME if first == b'"' else _PLAIN).match(body, at)
        assert found is not None
        return found.end()
    depth = 0
    for token in _BRACKET_OR_STRING.finditer(body, at):
        mark = token[0][:1]
        if mark in (b"{", b"["):
            depth += 1
        elif mark in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return token.end()
    raise AssertionError("the body was not parsed before it was edited")


def _skip(body: bytes, at: int) -> int:
    found = _SPACE.match(body, at)
    return found.end() if found else at
