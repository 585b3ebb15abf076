"""How soon models say something: slow counts at once, fast slowly, and quiet ones are tried again."""

from __future__ import annotations

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.relay import latency as rules
from aigne_hub.relay.latency import Latency
from tests.relay.worlds import target_of

A, B = target_of(1, 1), target_of(1, 2, "n")


def test_slow_counts_at_once_and_fast_slowly() -> None:
    clock = StoppedClock()
    latency = Latency(clock)
    assert latency.score(A) == 0
    latency.note(A, 0.2)
    latency.note(A, 2.0)
    assert latency.score(A) == 2.0
    clock.advance(3)
    latency.note(A, 0.2)
    assert 1.5 < latency.score(A) < 2.0
    clock.advance(300)
    latency.note(A, 0.2)
    assert latency.score(A) == pytest.approx(0.2, abs=0.01)
    assert latency.score(B) == 0


def test_who_is_not_asked_is_expected_to_be_sooner_and_sooner() -> None:
    clock = StoppedClock()
    latency = Latency(clock)
    latency.note(A, 8.0)
    scores = []
    for _ in range(10):
        scores.append(latency.score(A))
        clock.advance(rules.DECAY_S)
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < 0.01


def test_percentiles_are_right_to_a_fifth_once_enough_was_seen() -> None:
    latency = Latency(StoppedClock())
    for number in range(1, 101):
        if number <= rules.LEAST_SEEN - 1:
            assert latency.percentile(A, 0.5) is None
        latency.note(A, number / 10)
    for share in (0.05, 0.5, 0.95, 1.0):
        found = latency.percentile(A, share)
        assert found is not None and share * 10 <= found * 1.01 <= share * 10 * 1.21
    assert latency.percentile(B, 0.5) is None


def test_old_times_fade_and_extreme_ones_are_kept_within_reason() -> None:
    latency = Latency(StoppedClock())
    for _ in range(3000):
        latency.note(A, 1.0)
    for _ in range(3000):
        latency.note(A, 0.0)
    assert (latency.percentile(A, 0.5) or 9) < 0.01
    for _ in range(3000):
        latency.note(A, 1e9)
    assert (latency.percentile(A, 0.5) or 0) > 3600


def test_models_without_end_take_no_memory_without_end() -> None:
    clock = StoppedClock()
    latency = Latency(clock)
    for number in range(rules.MOST_MODELS + 10):
        latency.note(target_of(1, 1, f"m{number}"), 1.0)
        clock.advance(0.001)
    assert len(latency._times) == rules.MOST_MODELS
    assert latency.score(target_of(1, 1, "m0")) == 0 < latency.score(target_of(1, 1, "m20"))
