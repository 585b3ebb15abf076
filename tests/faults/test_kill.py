"""`kill -9` in the middle of a load: every call whose answer was received whole is on record, once."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from pathlib import Path

import pytest

from aigne_hub.db.engine import Database
from aigne_hub.usage import store
from aigne_hub.usage.records import Status
from tests.cli.shell import Shell
from tests.faults.load import Load, answering
from tests.serving_process import serving_hub
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

KILLS = 10
CALLS_BETWEEN = (250, 450)
SEED = 7


async def test_no_call_that_was_answered_is_lost_and_none_is_there_twice(
    database_url: str, tmp_path: Path, upstream: Upstream
) -> None:
    upstream.script = answering()
    key = await asyncio.to_thread(prepare, Shell(tmp_path, database_url=database_url), upstream)
    chance = random.Random(SEED)
    load = Load(itertools.count())
    for _ in range(KILLS):
        with serving_hub(tmp_path, database_url=database_url) as hub:
            port = int(hub.url.rpartition(":")[2])
            goal = len(load.completed) + chance.randint(*CALLS_BETWEEN)
            calling = asyncio.create_task(load.run(port, key, connections=32, until=10**9))
            while len(load.completed) < goal:
                assert not calling.done(), load.refused[:3]
                await asyncio.sleep(0.002)
            await asyncio.to_thread(hub.kill)
            await calling
    with serving_hub(tmp_path, database_url=database_url) as hub:  # what a start clears up is cleared up too
        assert hub.stop() == 0
    assert load.refused == []
    assert len(load.completed) > KILLS * CALLS_BETWEEN[0]
    assert load.kinds == {"plain", "streamed"}
    recorded = await recorded_calls(database_url)
    assert [request for request in load.completed if recorded[request] != 1] == [], f"seed {SEED}"
    assert max(recorded.values()) == 1


def prepare(shell: Shell, upstream: Upstream) -> str:
    added = shell.run("provider", "add", "up", "--base-url", upstream.url, "--api-key", "sk-0123456789", "--no-check")
    assert added.code == 0, added.err
    key: str = shell.run("key", "create", "--name", "load", "--json").json["key"]
    return key


async def recorded_calls(database_url: str) -> Counter[str]:
    """How often each request is on record as answered."""
    database = await Database.open(database_url)
    try:
        async with database.read() as conn:
            calls = await store.list_calls(conn, store.CallFilter(status=Status.success), offset=0, limit=100_000)
    finally:
        await database.close()
    return Counter(call.request_id for call in calls)
