"""How soon models say something: slow counts at once, fast slowly, and quiet ones are tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.catalog.limits import TargetLimits, Trying
from aigne_hub.relay import latency as rules
from aigne_hub.relay.latency import Latency
from aigne_hub.relay.slots import Slots
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


def test_a_fast_target_counts_for_each_call_that_runs_there() -> None:
    latency = Latency(StoppedClock())
    latency.note(A, 0.2)
    latency.note(B, 0.5)
    first, second = latency.begin(A), latency.begin(A)
    assert [latency.score(A), latency.expected(A)] == pytest.approx([0.6, 0.2])
    assert latency.score(A) > latency.score(B) == 0.5
    first.end()
    first.end()
    assert [latency.score(A), latency.running_at(A), latency.running] == pytest.approx([0.4, 1, 1])
    second.end()
    assert (latency.score(A), latency.running, latency._running) == (0.2, 0, {})


def test_who_is_unknown_has_one_call_until_it_has_answered() -> None:
    latency = Latency(StoppedClock())
    latency.note(B, 500.0)
    assert latency.score(A) == 0
    first = latency.begin(A)
    assert latency.score(A) > latency.score(B)
    second = latency.begin(A)
    assert latency.score(A) > 1e6 > latency.score(B)
    first.spoke(0.0)  # sooner than can be told is not nothing
    assert 0 < latency.score(A) < latency.score(B)
    second.end()
    first.end()


def test_what_it_said_first_counts_and_the_rest_does_not() -> None:
    latency = Latency(StoppedClock())
    running = latency.begin(A)
    running.spoke(0.3)
    running.spoke(9.0)
    running.end()
    running.spoke(9.0)
    assert latency.score(A) == pytest.approx(0.3)


def test_who_was_quiet_for_long_does_not_get_all_that_comes_before_it_answers() -> None:
    clock = StoppedClock()
    latency = Latency(clock)
    latency.note(A, 1.0)
    clock.advance(600)
    latency.note(B, 1.0)
    assert latency.score(A) < 0.001
    running = latency.begin(A)
    assert 2.0 - 1e-6 < latency.score(A) > latency.score(B)
    clock.advance(600)  # its answer is long, and it has not been asked since
    assert latency.score(A) < 0.001
    running.end()


def test_a_call_that_ends_gives_its_slot_back() -> None:
    slots, limited = Slots(Deadlines()), replace(A, limits=TargetLimits(Trying(), 1, None, 0, 0.0))
    latency, slot = Latency(StoppedClock()), slots.take(limited)
    running = latency.begin(limited, slot)
    running.end()
    assert (slots.running, latency.running) == (0, 0)


def test_what_runs_at_a_model_that_was_forgotten_is_still_counted_and_ends() -> None:
    clock = StoppedClock()
    latency = Latency(clock)
    latency.note(A, 1.0)
    running = latency.begin(A)
    for number in range(rules.MOST_MODELS):
        clock.advance(0.001)
        latency.note(target_of(1, 1, f"m{number}"), 1.0)
    assert (latency.expected(A), latency.running_at(A)) == (0, 1)
    running.end()
    assert latency._running == {}
