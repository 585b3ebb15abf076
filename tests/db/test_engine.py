"""Tests of db/engine.py, on both databases where it matters."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import anyio
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from aigne_hub.base.errors import Unavailable
from aigne_hub.db import sqlite_inline
from aigne_hub.db.engine import Database
from aigne_hub.db.schema import boots, versions
from tests.db.rows import in_order, kept

pytestmark = pytest.mark.anyio


async def test_a_block_commits_when_it_ends(database: Database) -> None:
    async with database.write() as conn:
        await conn.execute(insert(boots).values(started_ms=1))
    assert await in_order(database) == [1]


async def test_a_block_that_raises_leaves_no_trace(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.write() as conn:
            await conn.execute(insert(boots).values(started_ms=1))
            raise ZeroDivisionError
    assert await in_order(database) == []


@pytest.mark.parametrize("how", ["scope", "task"])
async def test_a_cancelled_block_leaves_no_trace_and_frees_its_connection(database: Database, how: str) -> None:
    inside = anyio.Event()

    async def stay() -> None:
        async with database.write() as conn:
            await conn.execute(insert(boots).values(started_ms=1))
            inside.set()
            await anyio.sleep_forever()

    for _ in range(8):  # more often than there are connections
        inside = anyio.Event()
        if how == "scope":
            async with anyio.create_task_group() as group:
                group.start_soon(stay)
                await inside.wait()
                group.cancel_scope.cancel()
        else:
            task = asyncio.create_task(stay())
            await inside.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    async with database.write() as conn:
        await conn.execute(insert(boots).values(started_ms=2))
    assert await in_order(database) == [2]


@pytest.mark.parametrize("door", ["read", "glance"])
async def test_a_read_refuses_to_write(database: Database, door: str) -> None:
    with pytest.raises((DBAPIError, Unavailable)):  # SQLite cannot tell a mistake from a file one may not write
        async with getattr(database, door)() as conn:
            await conn.execute(insert(boots).values(started_ms=1))
    async with database.write() as conn:  # PostgreSQL lends the same connection to writes
        await conn.execute(insert(boots).values(started_ms=2))
    assert await in_order(database) == [2]


async def test_a_broken_rule_stays_an_integrity_error_that_tells_no_values(database: Database) -> None:
    with pytest.raises(IntegrityError) as refused:
        async with database.write() as conn:
            await conn.execute(insert(versions), [{"name": "twice", "version": 123456}] * 2)
    assert "123456" not in str(refused.value)


async def test_writes_and_the_writer_share_the_database(database: Database) -> None:
    from tests.db.rows import adding

    async def write(number: int) -> None:
        async with database.write() as conn:
            await conn.execute(insert(versions).values(name=f"w{number}", version=number))

    statement = adding(database.dialect)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(write, number)
            for number in range(20):
                await database.writer.submit(statement, (f"s{number}", number))
    found = await kept(database)
    assert {f"{kind}{number}" for kind in "ws" for number in range(20)} <= found.keys()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_locked_database_is_an_outage(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_inline, "BUSY_TIMEOUT_MS", 20)
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as outage:
        async with database.write() as conn:
            await conn.execute(insert(boots).values(started_ms=1))
    assert (outage.value.message, outage.value.retry_after) == ("the database cannot be reached", 1)
    assert outage.value.__cause__ is not None
    other.close()
    async with database.write() as conn:
        await conn.execute(insert(boots).values(started_ms=2))
    assert await in_order(database) == [2]


async def test_a_server_that_is_not_there_is_an_outage_that_hides_the_password() -> None:
    with pytest.raises(Unavailable) as outage:
        await Database.open("postgresql://hub:secret@127.0.0.1:1/hub")
    assert "secret" not in f"{outage.value}{outage.value.__cause__}"


async def test_an_unknown_address_is_refused() -> None:
    with pytest.raises(ValueError, match="must start with"):
        await Database.open("mysql://hub:secret@db/hub")


async def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'hub.db'}")
    async with database.write() as conn:
        await conn.execute(text("CREATE TABLE t (a INTEGER)"))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    await database.close()
