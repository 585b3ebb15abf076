"""Arguments of tool uses live here, for the dialects that carry them as an object and not as its text."""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects.bodies import UNREADABLE

_read = msgspec.json.Decoder().decode


def as_object(arguments: str) -> dict[str, Any]:
    """The arguments as an object; what a model wrote as something else stands under `_`."""
    try:
        value = _read(arguments.encode()) if arguments.strip() else {}
    except UNREADABLE:
        value = arguments
    return value if isinstance(value, dict) else {"_": value}
