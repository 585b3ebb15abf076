"""A circuit breaker: what opens it, how long it waits, and that one probe at a time is made."""

from __future__ import annotations

import pytest

from aigne_hub.relay.circuit import (
    FIRST_PAUSE_S,
    FORGET_S,
    LONGEST_PAUSE_S,
    PROBE_S,
    Circuit,
    Probing,
)


def opened(now: float = 1000.0) -> Circuit:
    circuit = Circuit()
    for _ in range(3):
        circuit.fail(now, None)
    return circuit


def test_the_third_failure_in_a_row_opens_it() -> None:
    circuit = Circuit()
    for _ in range(2):
        circuit.fail(1000.0, None)
        assert circuit.probing is None
    circuit.fail(1000.0, None)
    assert circuit.probing == Probing(1000.0 + FIRST_PAUSE_S)


def test_failures_far_apart_are_not_in_a_row() -> None:
    circuit = Circuit()
    for time in (0.0, 0.0, FORGET_S, FORGET_S):
        circuit.fail(time, None)
    assert circuit.probing is None
    circuit.fail(FORGET_S, None)
    assert circuit.probing is not None


def test_each_failed_probe_doubles_the_pause_up_to_a_limit() -> None:
    circuit, pauses = opened(), []
    for _ in range(9):
        assert circuit.probing is not None
        now = circuit.probing.opens_s
        circuit.fail(now, None)
        pauses.append(circuit.probing.opens_s - now)
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300, 300]


def test_what_was_begun_before_it_opened_does_not_lengthen_the_pause() -> None:
    circuit = opened()
    for _ in range(50):
        circuit.fail(1001.0, None)
    assert circuit.probing == Probing(1000.0 + FIRST_PAUSE_S)


@pytest.mark.parametrize(("said", "waits"), [(1, FIRST_PAUSE_S), (30, 30), (86400, LONGEST_PAUSE_S)])
def test_a_provider_that_says_when_to_come_back_is_believed_at_once_within_reason(said: float, waits: float) -> None:
    circuit = Circuit()
    circuit.fail(0.0, said)
    assert circuit.probing == Probing(waits)


def test_whoever_begins_has_the_probe_until_nothing_was_heard_of_it_for_long() -> None:
    probing = Probing(5.0)
    probing.begin(8.0)
    assert probing.opens_s == 8 + PROBE_S
    probing.begin(9.0)
    assert probing.opens_s == 8 + PROBE_S


def test_to_come_back_at_once_is_no_word_of_being_down() -> None:
    circuit = Circuit()
    circuit.fail(0.0, 0)
    assert circuit.probing is None


def test_an_attempt_that_was_planned_before_does_not_put_the_probe_off() -> None:
    probing = Probing(5.0)
    probing.begin(0.0)
    assert probing == Probing(5.0)


def test_it_is_over_when_nothing_was_heard_for_long() -> None:
    circuit = opened(0.0)
    assert not circuit.is_over(FORGET_S)
    assert circuit.is_over(FORGET_S + LONGEST_PAUSE_S)
