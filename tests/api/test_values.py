"""Ids and times that arrive as text."""

from __future__ import annotations

import pytest

from aigne_hub.api.values import as_id, as_ms
from aigne_hub.base.errors import BadRequest, NotFound


def test_an_id_is_a_number_that_fits() -> None:
    assert as_id("9223372036854775807", "Provider") == 9223372036854775807
    for text in ("", "x", "-1", "1.0", "9223372036854775808", "9" * 100, "²", "٣"):
        with pytest.raises(NotFound, match="Provider not found"):
            as_id(text, "Provider")


def test_a_time_is_in_seconds_and_becomes_milliseconds() -> None:
    assert as_ms("1760000000", "startTime") == 1_760_000_000_000
    assert as_ms(None, "startTime") is None
    for text in ("", "now", "-1", "1.5", "9" * 12):
        with pytest.raises(BadRequest, match="startTime"):
            as_ms(text, "startTime")
