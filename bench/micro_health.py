"""What remembering how attempts end adds to a call, when all is well and when something else is not.

    PYTHONPATH=src taskset -c 0 python bench/micro_health.py

Each line is the best of five runs of 200,000.
"""

from __future__ import annotations

import timeit

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import CredentialId, Provider, ProviderId, Target
from aigne_hub.catalog.statuses.availability import Availability
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.outbound import Origin
from aigne_hub.relay.health import Health

RUNS, ROUNDS = 5, 200_000


def target_of(number: int) -> Target:
    provider = Provider(ProviderId(number), f"p{number}", "P", "http://127.0.0.1:1", None, True, 1, 1)
    return Target(provider, CredentialId(number), "m", Origin.parse("http://127.0.0.1:1")[0], b"", ())


TARGETS = [target_of(number) for number in range(10)]
WELL = TARGETS[0]


def memory() -> Health:
    clock = Clock()
    availability = Availability(StatusBoard(), clock, lambda target: None)
    return Health(clock, lambda: TARGETS, lambda target, error: None, availability)


def measured(name: str, health: Health, target: Target) -> None:
    def asked() -> None:
        health.weight(target, 100)
        health.succeeded(target)

    def begun() -> None:
        health.weight(target, 100)
        health.began(target)
        health.succeeded(target)

    for what, step in ((f"{name}: weight + succeeded", asked), (f"{name}: with began", begun)):
        best = min(timeit.repeat(step, number=ROUNDS, repeat=RUNS)) / ROUNDS
        print(f"{what:<48} {best * 1e6:.3f} µs")


def failing(health: Health) -> None:
    best = min(
        timeit.repeat(
            lambda: health.failed(TARGETS[1], UpstreamFailed(Failure.overloaded, "down")), number=20_000, repeat=RUNS
        )
    )
    print(f"{'failed, the error included':<48} {best / 20_000 * 1e6:.3f} µs")


if __name__ == "__main__":
    measured("all is well", memory(), WELL)
    troubled = memory()
    failing(troubled)
    troubled.failed(TARGETS[2], UpstreamFailed(Failure.throttled, "slow down", retry_after=3600))
    measured("others are down or throttled", troubled, WELL)
