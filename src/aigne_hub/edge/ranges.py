"""Which part of a file a request asks for is read here (RFC 9110 sections 13.1 and 14)."""

from __future__ import annotations

import re

from aigne_hub.base.errors import HubError

_ONE_RANGE = re.compile(rb"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*")


class Unsatisfiable(HubError):
    """What is asked for lies beyond the end of a file of `size` bytes."""

    status = 416
    type = "invalid_request_error"
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"the file has {size} bytes")
        self.size = size


def asked_range(fields: dict[bytes, bytes], etag: bytes, size: int) -> tuple[int, int] | None:
    """Start and size of the part; None for all of it, as also for a range of another kind, or several.

    Raises Unsatisfiable.
    """
    found = _ONE_RANGE.fullmatch(fields.get(b"range", b""))
    if found is None or fields.get(b"if-range", etag) != etag:
        return None
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None  # is no range at all
    elif last:
        start, end = max(0, size - int(last)), size - 1
    else:
        return None
    if start > end:
        raise Unsatisfiable(size)
    return start, end - start + 1


def is_known(fields: dict[bytes, bytes], etag: bytes) -> bool:
    """Whether the caller has this very content already."""
    known = fields.get(b"if-none-match")
    if known is None:
        return False
    return known.strip() == b"*" or etag in [one.strip().removeprefix(b"W/") for one in known.split(b",")]
