"""SQLite in the event loop itself lives here: connections that hand nothing to a thread.

A short statement takes less time than handing it to a thread and back, four times over. What counts more: a
transaction that never leaves the loop is over before a call's record can find the database locked by it
(decision 5). Only for what touches few rows; long reads belong to the readers' threads.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from typing import Any, Self

from aigne_hub.db.sqlite_pragmas import BUSY_TIMEOUT_MS, PRAGMAS

_FIRST_BUSY_WAIT_S = 0.001
_LONGEST_BUSY_WAIT_S = 0.02
_STATEMENTS_KEPT = 256


def connect(path: str, *, busy_timeout_ms: int) -> sqlite3.Connection:
    """A connection that begins a transaction only when it is told to, and leaves checkpoints to others."""
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS_KEPT)
    for pragma in (*PRAGMAS, "wal_autocheckpoint = 0", f"busy_timeout = {busy_timeout_ms}"):
        conn.execute(f"PRAGMA {pragma}").fetchall()
    return conn


async def begin_to_write(conn: sqlite3.Connection) -> None:
    """Take the write lock; while somebody else holds it, wait without blocking the loop.

    Raises sqlite3.OperationalError (SQLITE_BUSY) when it is not to be had for BUSY_TIMEOUT_MS.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    wait_s = _FIRST_BUSY_WAIT_S
    while True:
        try:
            conn.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_BUSY_WAIT_S)


async def connect_inline(path: str, *, is_read_only: bool) -> InlineConnection:
    """What SQLAlchemy's aiosqlite dialect takes for a connection of that driver."""
    conn = connect(path, busy_timeout_ms=0)
    if is_read_only:
        conn.execute("PRAGMA query_only = ON")
    return InlineConnection(conn)


class InlineCursor:
    """A cursor whose coroutines are done when they are first run, but for the wait for the write lock."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._cursor = conn.cursor()

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        if sql == "BEGIN IMMEDIATE":
            await begin_to_write(self._conn)
        else:
            self._cursor.execute(sql, parameters)
        return self

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> Self:
        self._cursor.executemany(sql, rows)
        return self

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid


class InlineConnection:
    """As much of aiosqlite's connection as SQLAlchemy's dialect for it uses."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = self._connection = conn

    def cursor(self) -> InlineCursor:
        return InlineCursor(self._conn)

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        self._conn.create_function(*arguments, **options)

    async def commit(self) -> None:
        self._conn.commit()

    async def rollback(self) -> None:
        self._conn.rollback()

    async def close(self) -> None:
        self._conn.close()

    def stop(self) -> None:
        self._conn.close()
