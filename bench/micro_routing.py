"""What choosing a target adds to a call: planning its attempts, by how many targets there are.

    PYTHONPATH=src taskset -c 0 python bench/micro_routing.py

Each line is the best of 31 runs, each short, for the machine may have other work. The conditions ask a dictionary, as
whatever knows the health of targets has to. An operator's route is planned for by each strategy.
"""

from __future__ import annotations

import timeit
from collections.abc import Iterator
from random import Random

from aigne_hub.base.clock import Clock
from aigne_hub.catalog.entries import (
    Condition,
    CredentialId,
    Lane,
    Pool,
    Provider,
    ProviderId,
    Route,
    Strategy,
    Target,
    Tier,
)
from aigne_hub.outbound import Origin
from aigne_hub.relay.affinity import Affinity
from aigne_hub.relay.asking import Ask
from aigne_hub.relay.latency import Latency
from aigne_hub.relay.plan import Planner

RUNS = 31
ORIGIN = Origin("http", "127.0.0.1", 1)
ASK = Ask(size=1000, beginning=1)
TIERED = (10, 1000)
SHAPES = ((1, 1), (1, 3), (1, 10), (3, 1), (10, 1), (1, 1000), (10, 100), (100, 10), (1000, 1))


class Looked:
    """No more of conditions than planning asks for."""

    def __init__(self) -> None:
        self._ill = {CredentialId(-1): 0}

    def weight(self, target: Target, configured: int) -> int:
        return self._ill.get(target.credential_id, configured)


def route_of(pools: int, credentials: int) -> Route:
    return Route("m", tuple([pool_of(number, credentials) for number in range(1, pools + 1)]))


def pool_of(number: int, credentials: int) -> Pool:
    provider = Provider(ProviderId(number), f"p{number}", "P", "http://127.0.0.1:1/v1", None, True, 0, 0)
    ids = tuple([CredentialId(number * 10_000 + n) for n in range(credentials)])
    targets = tuple([Target(provider, id_, "m", ORIGIN, b"/v1", ()) for id_ in ids])
    return Pool(provider.id, ids, targets, tuple([100 - n % 10 for n in range(credentials)]))


def tiered(count: int, strategy: Strategy, *, is_sticky: bool = False, when: Condition | None = None) -> Route:
    conditions = () if when is None else (when,)
    lanes = [Lane(pool_of(number, 1), 1 + number % 9, conditions) for number in range(1, count + 1)]
    return Route("m", tuple([one.pool for one in lanes]), (Tier.of(1, lanes, strategy, is_sticky=is_sticky),))


def routes() -> Iterator[tuple[str, Route]]:
    for pools, credentials in SHAPES:
        yield f"{pools:>5} providers of {credentials:>4} credentials", route_of(pools, credentials)
    for count in TIERED:
        for strategy in Strategy:
            yield f"{count:>5} targets, {strategy}", tiered(count, strategy)
        yield f"{count:>5} targets, weighted and sticky", tiered(count, Strategy.weighted, is_sticky=True)
        when = Condition(max_bytes=2000)
        yield f"{count:>5} targets, weighted, each with a condition", tiered(count, Strategy.weighted, when=when)


if __name__ == "__main__":
    for told, route in routes():
        planner = Planner(Looked(), Latency(Clock()), Affinity(Clock()), Random(7))  # type: ignore[arg-type]
        planner.note_answer(ASK, route.pools[-1].targets[0])
        for pool in route.pools:
            planner.latency.note(pool.targets[0], 0.1)
            planner.latency.begin(pool.targets[0])
        targets = sum([len(pool.targets) for pool in route.pools])
        rounds = max(20_000 // targets, 50)
        best = min(timeit.repeat(lambda r=route, p=planner: p.attempts(r, ASK), number=rounds, repeat=RUNS)) / rounds  # type: ignore[misc]
        print(f"{told:<48} {best * 1e6:6.2f} µs")
