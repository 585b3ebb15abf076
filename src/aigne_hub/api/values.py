"""Small values that arrive as text are read here: ids and times."""

from __future__ import annotations

from aigne_hub.base.errors import BadRequest, NotFound

_LARGEST_ID = (1 << 63) - 1


def as_id(text: str, what: str) -> int:
    """An id of the hub. What cannot be one names nothing: NotFound."""
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > _LARGEST_ID:
        raise NotFound(f"{what} not found")
    return int(text)


def as_ms(text: str | None, name: str) -> int | None:
    """A time in Unix seconds, as milliseconds. Raises BadRequest that names the parameter."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 11:
        raise BadRequest(f"{name} must be a time in Unix seconds", param=name)
    return int(text) * 1000
