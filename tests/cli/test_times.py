"""How a time looks at the shell."""

from __future__ import annotations

from aigne_hub.cli.times import shown_time


def test_a_time_is_iso_8601_to_the_second() -> None:
    assert shown_time(1_760_000_000_999) == "2025-10-09T08:53:20Z"
    assert shown_time(None) is None
