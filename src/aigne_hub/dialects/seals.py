"""Seals on their way through foreign dialects live here.

A client keeps what it was given and sends it back. So a seal that is not of the client's own dialect travels
in the field that its dialect has for one, as `hub:DIALECT:ID:VALUE`, and comes back whole.
"""

from __future__ import annotations

from aigne_hub.dialects.chat import Seal

_MARK = "hub:"


def shown(seal: Seal, dialect: str) -> str:
    """How a client of `dialect` gets the seal: as it is when of that dialect, else wrapped."""
    if seal.of == dialect and seal.id is None:
        return seal.value
    return f"{_MARK}{seal.of}:{seal.id or ''}:{seal.value}"


def read(value: str, dialect: str) -> Seal:
    """The seal that a client of `dialect` sent back."""
    if value.startswith(_MARK) and value.count(":") >= 3:
        _, of, id, rest = value.split(":", 3)
        return Seal(of, rest, id or None)
    return Seal(dialect, value)
