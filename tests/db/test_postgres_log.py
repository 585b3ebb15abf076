"""Tests of db/postgres_log.py: connections that are cut, and a server that is not there."""

from __future__ import annotations

import asyncio

import anyio
import asyncpg
import pytest

from aigne_hub.base.errors import Unavailable
from aigne_hub.db.engine import Database
from tests.databases import Postgres
from tests.db.rows import in_order, starting

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]

STARTING = starting("postgresql")
OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


async def test_a_cut_connection_loses_nothing(database: Database, database_url: str) -> None:
    killer = await asyncpg.connect(database_url)
    done = []
    with anyio.fail_after(60):
        for number in range(600):
            done.append(database.writer.submit(STARTING, (number,)))
            if number % 100 == 50:
                await killer.execute(OTHERS)
            if number % 20 == 0:
                await asyncio.sleep(0)
        await asyncio.gather(*done)
    await killer.close()
    assert set(await in_order(database)) == set(range(600))


async def test_a_connection_cut_while_idle_is_made_anew(database: Database, database_url: str) -> None:
    await database.writer.submit(STARTING, (1,))
    killer = await asyncpg.connect(database_url)
    await killer.execute(OTHERS)
    await killer.close()
    with anyio.fail_after(30):
        await database.writer.submit(STARTING, (2,))
    assert await in_order(database) == [1, 2]


async def test_a_server_that_refuses_connections_is_an_outage(
    database: Database, database_url: str, postgres: Postgres
) -> None:
    name = await asyncpg.connect(database_url)
    current = await name.fetchval("SELECT current_database()")
    await name.close()
    control = await asyncpg.connect(postgres.url)
    await control.execute(f"ALTER DATABASE {current} ALLOW_CONNECTIONS false")
    await control.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{current}'")
    with anyio.fail_after(30), pytest.raises(Unavailable) as outage:
        await database.writer.submit(STARTING, (1,))
    assert outage.value.retry_after == 1
    await control.execute(f"ALTER DATABASE {current} ALLOW_CONNECTIONS true")
    await control.close()
    with anyio.fail_after(30):
        await database.writer.submit(STARTING, (2,))
    assert await in_order(database) == [2]
