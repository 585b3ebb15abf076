"""Many workers: all serve, all hear of a revocation, a dead one is replaced, none outlives the hub."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import anyio
import httpx
import pytest

from tests.cli.shell import Shell
from tests.serving_process import ServingHub, is_running, serving_hub

pytestmark = pytest.mark.anyio


async def statuses(hub: ServingHub, key: str) -> dict[int, set[int]]:
    """What fresh connections get of each worker."""
    found: dict[int, set[int]] = {}
    for worker in hub.children():
        with hub.only(worker):
            for _ in range(5):
                async with httpx.AsyncClient(timeout=20) as http:
                    answer = await http.get(f"{hub.url}/v1/models", headers={"authorization": f"Bearer {key}"})
                    found.setdefault(worker, set()).add(answer.status_code)
    return found


async def test_a_key_revoked_at_the_shell_stops_in_every_worker_within_a_second(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    with serving_hub(tmp_path / "data", "--workers", "2") as hub:
        made = shell.run("key", "create", "--name", "app", "--json").json
        first, second = hub.children()
        assert await statuses(hub, made["key"]) == {first: {200}, second: {200}}
        shell.run("key", "revoke", made["id"])
        await anyio.sleep(1.0)
        assert await statuses(hub, made["key"]) == {first: {401}, second: {401}}


async def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving_hub(tmp_path / "data", "--workers", "2") as hub:
        before = set(hub.children())
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        with anyio.fail_after(20):
            while len(now := set(hub.children())) != 2 or min(before) in now:
                await anyio.sleep(0.1)
        assert hub.first_key is not None
        assert await statuses(hub, hub.first_key) == {worker: {200} for worker in now}
        assert hub.stop() == 0
        assert not any(is_running(worker) for worker in now)


async def test_workers_end_with_their_hub_however_it_ends(tmp_path: Path) -> None:
    with serving_hub(tmp_path / "data", "--workers", "2") as hub:
        workers = hub.children()
        hub.kill()
        with anyio.fail_after(10):
            while any(is_running(worker) for worker in workers):
                await anyio.sleep(0.05)
