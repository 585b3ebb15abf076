"""The keeper of the local model is tested here: death, cancellation, hand-over between workers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from aigne_hub.base.errors import Unavailable
from aigne_hub.local.supervisor import MODEL_NAME, LocalAddress, LocalModel, is_available

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not is_available(), reason="the local model is not installed")]

LIMIT_S = 30

# A worker in a process of its own, which says where its model answers.
WORKER = """
import asyncio, sys
from pathlib import Path
from aigne_hub.base.logs import set_up
from aigne_hub.local.supervisor import LocalModel

async def announce(address):
    print(address.base_url, flush=True)

set_up("error", as_json=True)
asyncio.run(LocalModel(Path(sys.argv[1]), announce).run())
"""


@asynccontextmanager
async def running(data_dir: Path) -> AsyncIterator[tuple[asyncio.Task[None], asyncio.Queue[LocalAddress]]]:
    addresses: asyncio.Queue[LocalAddress] = asyncio.Queue()
    task = asyncio.create_task(LocalModel(data_dir, addresses.put).run())
    try:
        yield task, addresses
    finally:
        await end(task)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=LIMIT_S)
    assert task.done()


async def soon(awaitable: Awaitable[LocalAddress]) -> LocalAddress:
    return await asyncio.wait_for(awaitable, LIMIT_S)


async def status_of(address: LocalAddress) -> int:
    question = {"model": MODEL_NAME, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
    async with httpx.AsyncClient(timeout=LIMIT_S) as http:
        headers = {"authorization": f"Bearer {address.api_key}"}
        return (await http.post(f"{address.base_url}/chat/completions", json=question, headers=headers)).status_code


async def is_gone(base_url: str) -> bool:
    """Whether nothing listens at `base_url` within a few seconds."""
    return await _within(5, lambda: _refuses(base_url))


async def _refuses(base_url: str) -> bool:
    url = httpx.URL(base_url)
    try:
        _, writer = await asyncio.open_connection(url.host, url.port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def _within(seconds: float, check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not await check():
                await asyncio.sleep(0.02)
    except TimeoutError:
        return False
    return True


def pids(logs: list[Any]) -> list[int]:
    return [line["pid"] for line in logs if line["event"] == "local model started"]


async def test_a_killed_model_is_started_again_at_a_new_address(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with running(tmp_path) as (_, addresses):
            first = await soon(addresses.get())
            assert await status_of(first) == 200
            os.kill(pids(logs)[-1], signal.SIGKILL)
            second = await soon(addresses.get())
            assert await status_of(second) == 200
            assert second.api_key != first.api_key
    events = [line["event"] for line in logs]
    assert events[:4] == ["local model started", "local model died", "local model restarts", "local model started"]
    assert (logs[1]["code"], logs[2]["in_s"]) == (-signal.SIGKILL, 0.2)
    assert len(set(pids(logs))) == 2


async def test_cancelling_ends_the_model(tmp_path: Path) -> None:
    async with running(tmp_path) as (task, addresses):
        address = await soon(addresses.get())
        await end(task)
        assert await is_gone(address.base_url)


async def test_a_second_worker_waits_and_takes_over(tmp_path: Path) -> None:
    async with running(tmp_path) as (task, first), running(tmp_path) as (_, second):
        address = await soon(first.get())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.get(), 1.2)  # longer than it takes to look at the lock again
        await end(task)
        assert await is_gone(address.base_url)
        assert await status_of(await soon(second.get())) == 200


async def test_a_killed_worker_takes_its_model_along_and_frees_the_lock(tmp_path: Path) -> None:
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER, str(tmp_path)), stdout=PIPE, env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    try:
        assert worker.stdout is not None
        base_url = (await asyncio.wait_for(worker.stdout.readline(), LIMIT_S)).decode().strip()
        assert not await _refuses(base_url)
    finally:
        worker.kill()
        await worker.wait()
    assert await is_gone(base_url)
    async with running(tmp_path) as (_, addresses):
        assert await status_of(await soon(addresses.get())) == 200


async def test_an_address_is_announced_again_after_an_outage(tmp_path: Path) -> None:
    tries: asyncio.Queue[LocalAddress] = asyncio.Queue()

    async def announce(address: LocalAddress) -> None:
        await tries.put(address)
        if tries.qsize() == 1:
            raise Unavailable("the database cannot be reached")

    with capture_logs() as logs:
        task = asyncio.create_task(LocalModel(tmp_path, announce).run())
        try:
            assert await _within(LIMIT_S, lambda: _has(tries, 2))
        finally:
            await end(task)
    assert tries.get_nowait() == tries.get_nowait()
    assert [line["event"] for line in logs] == ["local model started", "local model could not be announced"]


async def _has(queue: asyncio.Queue[LocalAddress], count: int) -> bool:
    return queue.qsize() >= count


async def test_neither_key_nor_environment_reaches_the_log_or_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", "ab" * 32)
    with capture_logs() as logs:
        async with running(tmp_path) as (_, addresses):
            address = await soon(addresses.get())
            environment, command = _read_process(pids(logs)[0])
    assert address.api_key not in repr(address) + repr(logs)
    assert b"ab" * 32 not in environment
    assert address.api_key.encode() not in environment + command


def _read_process(pid: int) -> tuple[bytes, bytes]:
    process = Path(f"/proc/{pid}")
    return (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
