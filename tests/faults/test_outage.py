"""The database goes away while the hub runs: an outage is told as one, and no answered call is lost."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.cli.shell import Shell
from tests.databases import Postgres
from tests.faults.load import BODY, Load, answering
from tests.faults.test_kill import prepare, recorded_calls
from tests.serving_process import serving_hub
from tests.upstream import Upstream

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


async def cut_connections(postgres: Postgres, database_url: str, *, allow: bool) -> None:
    """End every connection to the test's database, and say whether there may be new ones."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    control = await asyncpg.connect(postgres.url)
    await control.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {'true' if allow else 'false'}")
    await control.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    await control.close()


async def test_connections_that_are_cut_under_load_lose_no_answered_call(
    database_url: str, postgres: Postgres, tmp_path: Path, upstream: Upstream
) -> None:
    upstream.script = answering()
    key = await asyncio.to_thread(prepare, Shell(tmp_path, database_url=database_url), upstream)
    load = Load(itertools.count())
    with serving_hub(tmp_path, database_url=database_url) as hub:
        port = int(hub.url.rpartition(":")[2])
        calling = asyncio.create_task(load.run(port, key, connections=16, until=1200))
        for goal in (200, 400, 600, 800, 1000):
            while len(load.completed) < goal and not calling.done():
                await asyncio.sleep(0.01)
            await cut_connections(postgres, database_url, allow=True)
        await calling
        assert hub.stop() == 0
    assert len(load.completed) >= 1200
    assert {answer[:12] for answer in load.refused} <= {b"HTTP/1.1 503"}
    recorded = await recorded_calls(database_url)
    assert [request for request in load.completed if recorded[request] != 1] == []
    assert max(recorded.values()) == 1


async def test_a_database_that_is_away_is_503_and_never_401(
    database_url: str, postgres: Postgres, tmp_path: Path, upstream: Upstream
) -> None:
    upstream.script = answering()
    key = await asyncio.to_thread(prepare, Shell(tmp_path, database_url=database_url), upstream)
    with serving_hub(tmp_path, database_url=database_url) as hub:
        headers = {"authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=hub.url, headers=headers, timeout=30) as http:
            assert (await http.post("/v1/chat/completions", json=BODY)).status_code == 200
            await cut_connections(postgres, database_url, allow=False)
            answers = await asyncio.gather(*(http.post("/v1/chat/completions", json=BODY) for _ in range(5)))
            assert {answer.status_code for answer in answers} == {503}
            assert {answer.headers["retry-after"] for answer in answers} == {"1"}
            streamed = await http.post("/v1/chat/completions", json={**BODY, "stream": True})
            assert b"[DONE]" not in streamed.content
            stranger = await http.get("/v1/models", headers={"authorization": "Bearer blocklet-unknown"})
            assert (stranger.status_code, stranger.headers["retry-after"]) == (503, "1")
            assert (await http.get("/readyz")).json() == {"status": "not ready", "missing": ["database"]}
            await cut_connections(postgres, database_url, allow=True)
            async with asyncio.timeout(20):
                while (await http.post("/v1/chat/completions", json=BODY)).status_code != 200:
                    await asyncio.sleep(0.1)
            assert (await http.get("/readyz")).status_code == 200
