"""Thousands of minutes on a stopped clock: the real planner, memory and rules of failover, among random faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import Failure, HubError, Unavailable, UpstreamFailed
from aigne_hub.catalog.entries import Pool, Route, Target
from aigne_hub.relay.circuit import LONGEST_PAUSE_S
from aigne_hub.relay.failover import MOST_ATTEMPTS, may_go_on, most_telling
from aigne_hub.relay.health import COOL_S, LONG_COOL_S, THROTTLED_S, Health
from aigne_hub.relay.plan import fresh_planner
from tests.relay.worlds import refused, target_of, throttled, unlisted

MINUTES = 1000  # of each seed
WEIGHTS = (5, 1)  # of each provider's two credentials
FAULTY_S = (60.0, 1800.0)
BETWEEN_CALLS_S = (0.05, 2.0)
GRACE_S = LONGEST_PAUSE_S + max(COOL_S, LONG_COOL_S, THROTTLED_S) + 60  # then whoever is well is used again
PROMPT = (Failure.refused, Failure.broken, Failure.overloaded, Failure.malformed)


@dataclass
class Fault:
    """What is the matter with a provider's model or with a credential, until some time."""

    kind: str
    until_s: float

    def error(self, now: float, chance: Random) -> UpstreamFailed:
        if self.kind == "silent":
            return UpstreamFailed(Failure.timeout, "silent")
        if self.kind == "throttled":
            return throttled()
        if self.kind == "told when":
            return throttled(retry_after=int(self.until_s - now) + 1)
        if self.kind == "refused":
            return refused()
        return UpstreamFailed(chance.choice(PROMPT), "down", upstream_status=503)


def pool_of(targets: Sequence[Target]) -> Pool:
    ids = tuple([one.credential_id for one in targets])
    return Pool(targets[0].provider.id, ids, tuple(targets), WEIGHTS)


@dataclass
class Simulation:
    """Two providers with two credentials each, all for one model."""

    seed: int
    chance: Random = field(init=False)
    clock: StoppedClock = field(default_factory=StoppedClock)
    faults: dict[int, Fault] = field(default_factory=dict)  # by provider (1, 2) and by credential (10, 11, 20, 21)
    firsts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.targets = [target_of(provider, 10 * provider + number) for provider in (1, 2) for number in (0, 1)]
        self.health = Health(self.clock, lambda: self.targets, lambda _target, _error: None, unlisted(self.clock))
        self.planner = fresh_planner(self.health, self.clock)
        self._route: Route | None = None

    @property
    def now(self) -> float:
        return self.clock.monotonic()

    def route(self) -> Route:
        """As the snapshot makes it: the same until a credential is changed."""
        if self._route is None:
            pools = [[one for one in self.targets if one.provider.id == provider] for provider in (1, 2)]
            self._route = Route("m", tuple([pool_of(targets) for targets in pools]))
        return self._route

    def fault_of(self, target: Target) -> Fault | None:
        for key in (int(target.provider.id), int(target.credential_id)):
            fault = self.faults.get(key)
            if fault is not None and self.now < fault.until_s:
                return fault
        return None

    def strike(self) -> None:
        """Something goes wrong somewhere, or is over."""
        for key, fault in list(self.faults.items()):
            if self.now >= fault.until_s:
                del self.faults[key]
                if fault.kind == "refused":
                    self.replace(key)
        if self.chance.random() < 0.02:
            key = self.chance.choice((1, 2, 10, 11, 20, 21))
            kinds = ("down", "silent") if key < 10 else ("throttled", "told when", "refused")
            self.faults.setdefault(key, Fault(self.chance.choice(kinds), self.now + self.chance.expovariate(1 / 90)))

    def replace(self, *keys: int) -> None:
        """Somebody enters good keys in the place of those that are refused."""
        self.targets = [
            replace(one, credential_ms=one.credential_ms + 1) if one.credential_id in keys else one
            for one in self.targets
        ]
        self._route = None

    def call(self) -> Target | HubError:
        """One call, as relay/answer.py makes it: who answered it, or what its caller is told."""
        failures: list[UpstreamFailed] = []
        try:
            targets: Iterator[Target] = self.planner.in_turn(self.route())
        except Unavailable as error:
            return error
        for target in targets:
            if failures and not self.planner.may_begin(target):
                continue
            if not failures:
                self.firsts.append(int(target.credential_id))
            self.health.began(target)
            fault = self.fault_of(target)
            if fault is None:
                self.health.succeeded(target)
                return target
            failures.append(fault.error(self.now, self.chance))
            self.health.failed(target, failures[-1])
            if not may_go_on(failures[-1]) or len(failures) >= MOST_ATTEMPTS:
                break
        return most_telling(failures)

    def is_left_alone(self, target: Target) -> bool:
        """Whether it is well and yet nobody may know: it was silent a moment ago."""
        return self.health.weight(target, 1) == 0 and not any(self.health.last_resorts((target,)))


@pytest.mark.parametrize("seed", range(4))
def test_no_call_is_lost_that_somebody_could_have_answered(seed: int) -> None:
    world, answered, calls = Simulation(seed), 0, 0
    ends = world.now + MINUTES * 60
    well_since: dict[int, float] = {}
    while world.now < ends:
        world.strike()
        well = [one for one in world.targets if world.fault_of(one) is None]
        left_alone = [one for one in well if world.is_left_alone(one)]
        answer, calls = world.call(), calls + 1
        where = f"seed {seed}, call {calls}"
        if isinstance(answer, Target):
            answered += 1
        else:
            assert answer.status in (429, 502, 503, 504), where
            assert well == left_alone, f"{where}: {well} could have answered, but {answer}"
        for one in world.targets:  # nobody who is well stays unused for long
            key = int(one.credential_id)
            if one not in well:
                well_since.pop(key, None)
            elif world.now - well_since.setdefault(key, world.now) > GRACE_S:
                assert world.health.weight(one, 100) == 100, f"{where}: {key} is starved"
        world.clock.advance(world.chance.uniform(*BETWEEN_CALLS_S))
    assert calls > 50_000 and answered > calls * 0.8


@pytest.mark.parametrize("seed", range(4))
def test_weights_are_kept_by_who_is_well_whatever_was_before(seed: int) -> None:
    world = Simulation(seed)
    for _ in range(10):
        ends = world.now + world.chance.uniform(*FAULTY_S)
        while world.now < ends:
            world.strike()
            world.call()
            world.clock.advance(world.chance.uniform(*BETWEEN_CALLS_S))
        world.faults.clear()
        world.replace(10, 11, 20, 21)
        ends = world.now + GRACE_S
        while world.now < ends:
            world.call()
            world.clock.advance(world.chance.uniform(*BETWEEN_CALLS_S))
        world.firsts.clear()
        for _ in range(1000):
            assert isinstance(world.call(), Target)
        shares = Counter(world.firsts)
        for key, wanted in {10: 5 / 12, 11: 1 / 12, 20: 5 / 12, 21: 1 / 12}.items():
            assert abs(shares[key] / 1000 - wanted) <= 0.01, f"seed {seed}: {shares}"
