"""How often a job is looked at."""

from __future__ import annotations

from itertools import islice

from aigne_hub.relay.videos.pace import pauses


def test_looks_come_soon_at_first_and_never_more_than_some_seconds_apart() -> None:
    for _ in range(20):
        waits = list(islice(pauses(), 100))
        assert 1.6 <= waits[0] <= 2.4
        assert all(1.6 <= wait <= 12 for wait in waits)
        assert sum(waits) > 700  # so that half an hour costs a provider some two hundred looks


def test_two_who_begin_together_do_not_stay_together() -> None:
    assert list(islice(pauses(), 10)) != list(islice(pauses(), 10))
