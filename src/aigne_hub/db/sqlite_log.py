"""Commits to SQLite live here: in the event loop itself, with checkpoints on a thread of their own.

A commit in WAL mode with synchronous=NORMAL appends to a file without waiting for the disk, which takes
less time than handing it to a thread and back. What does wait for the disk, moving the log into the
database file, is done by Checkpoints.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy.exc import DBAPIError, IntegrityError

from aigne_hub.db.outage import is_outage
from aigne_hub.db.sqlite_pragmas import BUSY_TIMEOUT_MS, PRAGMAS
from aigne_hub.db.writer import DatabaseGone, Run, Steps, group

FIRST_BUSY_WAIT_S = 0.001
LONGEST_BUSY_WAIT_S = 0.02
CHECKPOINT_EVERY_STEPS = 500
CHECKPOINT_BUSY_TIMEOUT_MS = 50
WAL_LIMIT_BYTES = 32 * 1024 * 1024


def connect(path: str, *, busy_timeout_ms: int) -> sqlite3.Connection:
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
    for pragma in (*PRAGMAS, "wal_autocheckpoint = 0", f"busy_timeout = {busy_timeout_ms}"):
        conn.execute(f"PRAGMA {pragma}").fetchall()
    return conn


class SqliteLog:
    """Commits batches inline. While another connection holds the write lock it waits without blocking the loop."""

    batch_limit = 200

    def __init__(self, path: str) -> None:
        self._path = path
        self._conn = connect(path, busy_timeout_ms=0)
        self._checkpoints = Checkpoints(path)

    async def commit(self, operations: Sequence[Steps]) -> Sequence[Exception | None] | None:
        await self._begin()
        try:
            try:
                runs = group(operations)
                self._execute(runs)
                outcomes = None
            except Exception as error:
                self._conn.execute("ROLLBACK")
                if is_outage(error):
                    raise
                if len(operations) == 1:
                    return (_own_error(error),)
                await self._begin()
                outcomes = [self._replay(steps) for steps in operations]
            self._conn.execute("COMMIT")
        except sqlite3.Error as error:
            self._reset()
            raise DatabaseGone from error
        self._checkpoints.count(len(operations))
        return outcomes

    async def close(self) -> None:
        await asyncio.to_thread(self._checkpoints.close)
        self._conn.close()

    async def _begin(self) -> None:
        waited_s, wait_s = 0.0, FIRST_BUSY_WAIT_S
        while True:
            try:
                self._conn.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.Error as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or waited_s > BUSY_TIMEOUT_MS / 1000:
                    raise DatabaseGone from error
            await asyncio.sleep(wait_s)
            waited_s += wait_s
            wait_s = min(2 * wait_s, LONGEST_BUSY_WAIT_S)

    def _execute(self, runs: Sequence[Run]) -> None:
        conn = self._conn
        for statement, rows in runs:
            if len(rows) == 1:
                conn.execute(statement.sql, rows[0])
            else:
                conn.executemany(statement.sql, rows)

    def _replay(self, steps: Steps) -> Exception | None:
        conn = self._conn
        conn.execute("SAVEPOINT operation")
        try:
            self._execute(group((steps,)))
        except Exception as error:
            if is_outage(error):
                raise
            conn.execute("ROLLBACK TO operation")
            return _own_error(error)
        finally:
            conn.execute("RELEASE operation")
        return None

    def _reset(self) -> None:
        with suppress(sqlite3.Error):
            self._conn.close()
        self._conn = connect(self._path, busy_timeout_ms=0)


def _own_error(error: Exception) -> Exception:
    if isinstance(error, sqlite3.IntegrityError):
        return IntegrityError(None, None, error, hide_parameters=True)
    return DBAPIError(None, None, error, hide_parameters=True)


class Checkpoints:
    """A thread that moves the write-ahead log into the database file, and starts the log anew when it has grown.

    PASSIVE never holds up a writer, but under steady writing it never lets the log start anew either;
    TRUNCATE does, holding writers up for the little that PASSIVE left (sqlite.org/c3ref/wal_checkpoint_v2.html).
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._steps = 0
        self._due = threading.Event()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def count(self, steps: int) -> None:
        self._steps += steps
        if self._steps >= CHECKPOINT_EVERY_STEPS:
            self._steps = 0
            self._due.set()

    def close(self) -> None:
        self._is_closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        conn = connect(self._path, busy_timeout_ms=CHECKPOINT_BUSY_TIMEOUT_MS)
        try:
            while not self._is_closing:
                self._due.wait()
                self._due.clear()
                # A checkpoint that fails is tried again at the next; the log holds every commit meanwhile.
                with suppress(sqlite3.Error, OSError):
                    conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    if os.stat(self._path + "-wal").st_size > WAL_LIMIT_BYTES:
                        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            conn.close()
