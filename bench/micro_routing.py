"""What choosing a target adds to a call: planning its attempts, by how many targets there are.

    PYTHONPATH=src taskset -c 0 python bench/micro_routing.py

Each line is the best of 31 runs, each short, for the machine may have other work. The conditions ask a dictionary, as
whatever knows the health of targets has to.
"""

from __future__ import annotations

import timeit

from aigne_hub.catalog.entries import CredentialId, Pool, Provider, ProviderId, Route, Target
from aigne_hub.outbound import Origin
from aigne_hub.relay.plan import Planner

RUNS = 31
ORIGIN = Origin("http", "127.0.0.1", 1)
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


if __name__ == "__main__":
    for pools, credentials in SHAPES:
        route, planner = route_of(pools, credentials), Planner(Looked())  # type: ignore[arg-type]
        rounds = max(20_000 // (pools * credentials), 50)
        best = min(timeit.repeat(lambda r=route, p=planner: p.attempts(r), number=rounds, repeat=RUNS)) / rounds  # type: ignore[misc]
        print(f"{pools:>5} providers of {credentials:>4} credentials  {best * 1e6:6.2f} µs")
