"""The memory of a worker through random schedules of faults, over hours of a stopped clock."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.relay.circuit import PROBE_S
from tests.relay.worlds import World, overloaded, refused, target_of, throttled

TARGETS = [target_of(provider, 10 * provider + key, model) for provider in (1, 2) for key in (1, 2) for model in "mn"]
ALONE = target_of(3, 31)
WELL = target_of(4, 41)  # of which nothing bad is ever heard
WAITS = st.none() | st.integers(0, 7200)
ERRORS = st.one_of(
    WAITS.map(throttled),
    WAITS.map(overloaded),
    st.sampled_from([Failure.refused, Failure.timeout, Failure.broken, Failure.rejected, Failure.oversized]).map(
        lambda kind: UpstreamFailed(kind, "no")
    ),
    st.just(refused(402)),
)
TARGET = st.sampled_from([*TARGETS, ALONE])


class Schedule(RuleBasedStateMachine):
    """Whatever happens in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World([*TARGETS, ALONE, WELL])
        self.invalid: set[Target] = set()

    @rule(one=TARGET, error=ERRORS, times=st.integers(1, 5))
    def fail(self, one: Target, error: UpstreamFailed, times: int) -> None:
        for _ in range(times):
            self.world.health.failed(one, error)

    @rule(one=st.sampled_from([*TARGETS, ALONE, WELL]))
    def succeed(self, one: Target) -> None:
        self.world.health.succeeded(one)

    @rule(one=TARGET)
    def plan(self, one: Target) -> None:
        self.world.weight(one)

    @rule(one=TARGET)
    def begin(self, one: Target) -> None:
        self.world.health.began(one)

    @rule(one=TARGET)
    def refuse(self, one: Target) -> None:
        self.world.health.failed(one, refused())

    @rule(seconds=st.floats(0, 7200) | st.floats(0, 10))
    def pass_time(self, seconds: float) -> None:
        self.world.later(seconds)

    @rule()
    def sweep(self) -> None:
        self.world.health.sweep()

    @precondition(lambda self: self.world.health.soonest() is not None)
    @rule(one=TARGET)
    def wait_for_its_turn(self, one: Target) -> None:
        """What was said of when something opens is true, and then one at a time gets it."""
        wait = self.world.health.soonest([one])
        if wait is None:
            return
        self.world.later(wait + 0.001)
        assert self.world.weight(one) > 0
        self.world.health.began(one)
        if self.world.weight(one) == 0:
            # It is a probe: nothing else passes until it is lost, and then the next one does.
            assert 0 < (self.world.health.soonest([one]) or 0) <= PROBE_S
            self.world.later(PROBE_S + 0.001)
            assert self.world.weight(one) > 0

    @invariant()
    def a_healthy_target_is_never_starved(self) -> None:
        assert [self.world.weight(WELL, given) for given in (0, 1, 100)] == [0, 1, 100]
        assert self.world.health.soonest([WELL]) == 0

    @invariant()
    def weights_stay_within_what_was_given(self) -> None:
        for target in (*TARGETS, ALONE):
            given = 100
            wait = self.world.health.soonest([target])
            assert (self.world.weight(target, given) > 0) is (wait == 0)
            assert self.world.weight(target, 0) == 0

    def teardown(self) -> None:
        """Everything heals by time alone, and nothing is held of it."""
        self.world.later(2 * 3600)
        self.world.health.sweep()
        for target in (*TARGETS, ALONE):
            assert self.world.weight(target) == 100
        assert self.world.health.soonest() is None


Schedule.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestSchedule = Schedule.TestCase


@settings(max_examples=40, deadline=None)
@given(
    down=st.lists(st.tuples(st.integers(30, 1800), st.integers(600, 3600)), min_size=1, max_size=6),
    every=st.integers(1, 20),
)
def test_who_comes_back_is_used_again_within_a_few_minutes(down: list[tuple[int, int]], every: int) -> None:
    """Calls come steadily to two providers, one of which is down for a time, again and again."""
    world = World([first := target_of(1, 1), second := target_of(2, 2)])
    for down_s, up_s in down:
        wasted, last_used = 0, 0.0
        for second_of in range(0, down_s + up_s, every):
            is_up = second_of >= down_s
            if world.weight(first) > 0:
                world.health.began(first)
                if is_up:
                    world.health.succeeded(first)
                    last_used = second_of
                else:
                    world.health.failed(first, overloaded())
                    wasted += 1
            assert world.weight(second) == 100
            world.health.succeeded(second)
            world.later(every)
        # Three discover that it is down; the probes are ever fewer: 5, 10, 20 … 300 s apart.
        assert wasted <= 3 + 7 + down_s // 300
        assert last_used >= down_s + up_s - every
