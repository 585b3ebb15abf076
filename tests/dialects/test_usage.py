"""What was used is told apart, and added up."""

from __future__ import annotations

from aigne_hub.dialects.usage import Usage


def test_parts_add_up_and_what_is_not_known_counts_nothing() -> None:
    usage = Usage(1, 2, 4, 8, cache_write_5m=16, cache_write_1h=32, audio_input=64, audio_output=128, images=5)
    assert (usage.all_input, usage.all_output, usage.total) == (117, 138, 255)
    assert Usage().total == 0
