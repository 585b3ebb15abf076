"""What an access check costs: a known key among few and among very many, and counting a key's limits.

PYTHONPATH=src taskset -c 0 python bench/micro_access.py
"""

import asyncio
import time

from aigne_hub.access.identity import Key, KeyId, Limits, Role, User, UserId
from aigne_hub.access.limits import MemoryCounters
from aigne_hub.access.snapshot import AccessSnapshot, _passes_of
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import new_key

ROUNDS, CHECKS = 7, 100_000


def snapshot_of(count):
    """A snapshot with so many keys of one user, and their secrets."""
    vault, clock = Vault(bytes(32)), Clock()
    snapshot = AccessSnapshot(vault, clock, stale_s=1e9)
    snapshot._users[UserId(1)] = User(UserId(1), "Ada", None, Role.member, 0, None)
    secrets = [new_key() for _ in range(count)]
    for number, secret in enumerate(secrets):
        key = Key(KeyId(number), UserId(1), "k", Role.member, "p", "h", 0, 2**62, None, None, vault.digest(secret))
        snapshot._put(key.id, _passes_of(key))
    snapshot.confirm()
    return snapshot, secrets


def best(work, times):
    """Microseconds each, the best of some rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) / times * 1e6)
    return min(found)


def checks(snapshot, secrets):
    identify = snapshot.identify
    for secret in secrets:
        identify(secret, "127.0.0.1")


async def limits_cost():
    counters, limits = MemoryCounters(Clock()), Limits(10**9, 10**9, 10**6)
    began = time.perf_counter()
    for _ in range(CHECKS):
        (await counters.take(1, limits, 10)).end(20)
    return (time.perf_counter() - began) / CHECKS * 1e6


print(f"{'keys':>8}  {'one key, µs':>12}  {'many keys in turn, µs':>22}")
for count in (10, 1_000, 100_000):
    snapshot, secrets = snapshot_of(count)
    hot = [secrets[0]] * CHECKS
    turn = (secrets[:10_000] * CHECKS)[:CHECKS]
    print(f"{count:>8}  {best(lambda: checks(snapshot, hot), CHECKS):>12.2f}", end="")
    print(f"  {best(lambda: checks(snapshot, turn), CHECKS):>22.2f}")
print(f"counting a key's limits: {asyncio.run(limits_cost()):.2f} µs a call")
