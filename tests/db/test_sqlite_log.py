"""Tests of db/sqlite_log.py: other holders of the lock, a full disk, and a log that stays small."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import anyio
import pytest

from aigne_hub.db import sqlite_inline, sqlite_log
from aigne_hub.db.engine import Database
from aigne_hub.db.sqlite_log import SqliteLog
from aigne_hub.db.writer import Operation, OutOfReach
from tests.db.rows import in_order, starting

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

STARTING = starting("sqlite")


@pytest.fixture
def path(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


def operation(number: int) -> Operation:
    return Operation(asyncio.get_running_loop().create_future(), [(STARTING, (number,))])


async def test_while_another_holds_the_lock_the_loop_goes_on_and_nothing_fails(database: Database, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done = [database.writer.submit(STARTING, (number,)) for number in range(30)]
    loop = asyncio.get_running_loop()
    longest, last = 0.0, loop.time()
    for _ in range(100):
        await asyncio.sleep(0.001)
        longest, last = max(longest, loop.time() - last), loop.time()
    assert not any(future.done() for future in done)
    other.execute("COMMIT")
    other.close()
    with anyio.fail_after(5):
        await asyncio.gather(*done)
    assert await in_order(database) == list(range(30))
    assert longest < 1  # a blocking wait would have taken the busy timeout of five seconds


async def test_a_lock_that_stays_is_an_outage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_inline, "BUSY_TIMEOUT_MS", 20)
    log = SqliteLog(str(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutOfReach, match="locked"):
        await log.commit([operation(1)])
    other.execute("ROLLBACK")
    assert await log.commit([operation(2)]) == [None]
    assert other.execute("SELECT started_ms FROM boots").fetchall() == [(2,)]
    other.close()
    await log.close()


async def test_a_full_disk_is_an_outage_and_leaves_no_trace(path: Path) -> None:
    log = SqliteLog(str(path))
    log._conn.execute("PRAGMA max_page_count = 1")
    with pytest.raises(OutOfReach, match="full"):
        await log.commit([operation(number) for number in range(20_000)])
    assert await log.commit([operation(1)]) == [None]
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM boots").fetchone() == (1,)
    other.close()
    await log.close()


async def test_the_write_ahead_log_stays_small_under_steady_writing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_log, "WAL_LIMIT_BYTES", 200_000)
    log = SqliteLog(str(path))
    wal = path.with_name(path.name + "-wal")
    largest = 0
    for number in range(6_000):
        assert await log.commit([operation(number)]) == [None]
        if number % 500 == 499:
            # Commits inline yield to nobody; in the hub the network does.
            await anyio.sleep(0.01)
            largest = max(largest, wal.stat().st_size)
    await log.close()
    assert largest < 12_000_000  # 6,000 commits of one page or more write over 24 MB; a busy machine is given half
