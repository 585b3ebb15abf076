"""Tests of db/sqlite_inline.py: transactions that never leave the event loop, but to wait for another process."""

from __future__ import annotations

import asyncio
import sqlite3

import anyio
import pytest
from sqlalchemy import insert, select

from aigne_hub.db.engine import Database
from aigne_hub.db.schema import boots
from tests.db.rows import in_order

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


async def test_a_transaction_is_over_before_anything_else_runs(database: Database) -> None:
    """So a call's record never finds the database locked by a change that somebody makes at the console."""
    turns = 0

    def count() -> None:
        nonlocal turns
        turns += 1

    async with database.write() as conn, database.glance() as reading:  # connecting takes turns, once
        await conn.execute(select(boots))
        await reading.execute(select(boots))
    async with database.write() as conn:
        asyncio.get_running_loop().call_soon(count)
        await conn.execute(insert(boots).values(started_ms=1))
        assert (await conn.execute(select(boots.c.started_ms))).scalars().all() == [1]
        await conn.execute(insert(boots).values(started_ms=2))
        await conn.commit()
        assert turns == 0
    async with database.glance() as reading:
        asyncio.get_running_loop().call_soon(count)
        assert (await reading.execute(select(boots.c.started_ms))).scalars().all() == [1, 2]
        assert turns == 1  # of the block before


async def test_a_glance_sees_one_state_while_somebody_writes(database: Database) -> None:
    async with database.glance() as reading:
        assert (await reading.execute(select(boots))).all() == []
        async with database.write() as conn:
            await conn.execute(insert(boots).values(started_ms=1))
        assert (await reading.execute(select(boots))).all() == []
    assert await in_order(database) == [1]


async def test_a_transaction_waits_for_another_process_without_holding_up_the_loop(
    database: Database, database_url: str
) -> None:
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.write() as conn:
            await conn.execute(insert(boots).values(started_ms=1))

    with anyio.fail_after(5):
        waiting = asyncio.create_task(write())
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert not waiting.done()
        other.execute("COMMIT")
        await waiting
    other.close()
    assert await in_order(database) == [1]
