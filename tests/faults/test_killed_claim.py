"""`kill -9` while a call with an Idempotency-Key runs: its next try is made anew, and what is paid is paid once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from aigne_hub.db.engine import Database
from aigne_hub.usage import store
from aigne_hub.usage.records import Status
from tests.cli.shell import Shell
from tests.faults.test_kill import prepare
from tests.serving_process import serving_hub
from tests.upstream import COMPLETION, Asked, Upstream, whole

pytestmark = pytest.mark.anyio

BODY = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}


async def test_a_key_outlives_a_kill(database_url: str, tmp_path: Path, upstream: Upstream) -> None:
    began, is_over = asyncio.Event(), asyncio.Event()

    async def never(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        began.set()
        await is_over.wait()
        raise ConnectionResetError("the hub was killed")

    upstream.script = never
    key = await asyncio.to_thread(prepare, Shell(tmp_path, database_url=database_url), upstream)
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "order-7"}
    with serving_hub(tmp_path, database_url=database_url) as hub:
        async with httpx.AsyncClient(base_url=hub.url, timeout=60) as http:
            calling = asyncio.ensure_future(http.post("/v1/chat/completions", json=BODY, headers=headers))
            await began.wait()
            async with asyncio.timeout(10):
                while not await statuses(database_url):  # its row is written when it has run for a while
                    await asyncio.sleep(0.05)
            await asyncio.to_thread(hub.kill)
            with pytest.raises(httpx.TransportError):
                await calling
    assert await statuses(database_url) == [Status.processing]
    is_over.set()
    upstream.script = whole(COMPLETION)
    with serving_hub(tmp_path, database_url=database_url) as hub:
        async with httpx.AsyncClient(base_url=hub.url, timeout=60) as http:
            answers = [await http.post("/v1/chat/completions", json=BODY, headers=headers) for _ in range(2)]
        await asyncio.to_thread(hub.kill)  # also what was kept outlives it
    with serving_hub(tmp_path, database_url=database_url) as hub:
        async with httpx.AsyncClient(base_url=hub.url, timeout=60) as http:
            answers.append(await http.post("/v1/chat/completions", json=BODY, headers=headers))
        assert await asyncio.to_thread(hub.stop) == 0
    assert [one.status_code for one in answers] == [200] * 3
    assert [one.headers.get("idempotent-replayed") for one in answers] == [None, "true", "true"]
    assert len(upstream.asked) == 2
    assert await statuses(database_url) == [Status.failed, Status.success]


async def statuses(database_url: str) -> list[Status]:
    """Of all calls on record, oldest first."""
    database = await Database.open(database_url)
    try:
        async with database.read() as conn:
            return [one.status for one in await store.list_calls(conn, store.CallFilter(), offset=0, limit=10)][::-1]
    finally:
        await database.close()
