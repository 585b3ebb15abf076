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


async def statuses(hub: ServingHub, key: str, times: int = 40) -> set[int]:
    """What fresh connections get, enough of them to meet every worker."""
    found = set()
    for _ in range(times):
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"{hub.url}/v1/models", headers={"authorization": f"Bearer {key}"})
            found.add(answer.status_code)
    return found


async def test_a_key_revoked_at_the_shell_stops_in_every_worker_within_a_second(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    with serving_hub(tmp_path / "data", "--workers", "2") as hub:
        made = shell.run("key", "create", "--name", "app", "--json").json
        assert await statuses(hub, made["key"]) == {200}
        shell.run("key", "revoke", made["id"])
        await anyio.sleep(1.0)
        assert await statuses(hub, made["key"]) == {401}


async def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with serving_hub(tmp_path / "data", "--workers", "2") as hub:
        before = set(hub.children())
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        with anyio.fail_after(20):
            while len(now := set(hub.children())) != 2 or min(before) in now:
                await anyio.sleep(0.1)
        key = hub.first_key
        assert key is not None
        with anyio.fail_after(20):
            while await statuses(hub, key, 5) != {200}:
                await anyio.sleep(0.1)
        assert hub.stop() == 0


async def test_workers_end_with_their_hub_however_it_ends(tmp_path: Path) -> None:
    with serving_hub(tmp_path / "data", "--workers", "2") as hub:
        workers = hub.children()
        hub.kill()
        with anyio.fail_after(10):
            while any(is_running(worker) for worker in workers):
                await anyio.sleep(0.05)
