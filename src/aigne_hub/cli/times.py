"""How a time looks at the shell."""

from __future__ import annotations

from datetime import UTC, datetime


def shown_time(ms: int | None) -> str | None:
    """Unix milliseconds as ISO 8601 in UTC, to the second."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
