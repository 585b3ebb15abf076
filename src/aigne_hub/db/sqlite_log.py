"""Commits to SQLite live here: in the event loop itself, with checkpoints on a thread of their own.

A commit in WAL mode with synchronous=NORMAL appends to a file without waiting for the disk, which takes
less time than handing it to a thread and back. What does wait for the disk, moving the log into the
database file, is done by Checkpoints.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from aigne_hub.db.outage import is_outage
from aigne_hub.db.sqlite_inline import begin_to_write, connect
from aigne_hub.db.writer import Operation, Outcome, OutOfReach, Steps

CHECKPOINT_EVERY_S = 5.0
LOOK_EVERY_STEPS = 500
CHECKPOINT_BUSY_TIMEOUT_MS = 50
WAL_LIMIT_BYTES = 64 * 1024 * 1024


# What the driver raises for a row it cannot bind: a wrong type, a number over 64 bits, a lone surrogate.
_MISTAKES = (sqlite3.Error, OverflowError, TypeError, ValueError)


class SqliteLog:
    """Commits batches inline. While another connection holds the write lock it waits without blocking the loop."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._conn = connect(path, busy_timeout_ms=0)
        self._checkpoints = Checkpoints(path)

    async def commit(self, batch: Sequence[Operation]) -> Outcome:
        try:
            await begin_to_write(self._conn)
            outcome = await self._run(batch)
            self._conn.execute("COMMIT")
        except sqlite3.Error as error:
            self._reopen()
            raise OutOfReach(str(error)) from error
        self._checkpoints.count(len(batch))
        return outcome

    def note_commit(self) -> None:
        self._checkpoints.count(1)

    async def close(self) -> None:
        await asyncio.to_thread(self._checkpoints.close)
        self._conn.close()

    async def _run(self, batch: Sequence[Operation]) -> Outcome:
        try:
            self._execute([step for operation in batch for step in operation.steps])
            return [None] * len(batch)
        except _MISTAKES as error:
            if is_outage(error):
                raise
        self._conn.execute("ROLLBACK")
        await begin_to_write(self._conn)
        return [self._try(operation.steps) for operation in batch]

    def _execute(self, steps: Steps) -> None:
        for sql, group in itertools.groupby(steps, key=lambda step: step[0].sql):
            self._conn.executemany(sql, [row for _, row in group])

    def _try(self, steps: Steps) -> Exception | None:
        self._conn.execute("SAVEPOINT operation")
        refusal: Exception | None = None
        try:
            self._execute(steps)
        except _MISTAKES as error:
            if is_outage(error):
                raise
            refusal = error
            self._conn.execute("ROLLBACK TO operation")
        self._conn.execute("RELEASE operation")
        return refusal

    def _reopen(self) -> None:
        # Closing rolls back whatever the failure left open.
        self._conn.close()
        self._conn = connect(self._path, busy_timeout_ms=0)


class Checkpoints:
    """A thread that moves the write-ahead log into the database file, and starts the log anew when it has grown.

    PASSIVE never holds up a writer, but under steady writing it never lets the log start anew either;
    RESTART does, holding writers up for the little that PASSIVE left (sqlite.org/c3ref/wal_checkpoint_v2.html).
    Each waits for the disk, and a commit that comes meanwhile may wait with it: so they are few. The log's file
    is written over from its beginning, which costs less than growing it anew.
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
        if self._steps >= LOOK_EVERY_STEPS:
            self._steps = 0
            self._due.set()

    def close(self) -> None:
        self._is_closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        conn = connect(self._path, busy_timeout_ms=CHECKPOINT_BUSY_TIMEOUT_MS)
        last = time.monotonic()
        try:
            while not self._is_closing:
                self._due.wait()
                self._due.clear()
                # A checkpoint that fails is tried again at the next; the log holds every commit meanwhile.
                with suppress(sqlite3.Error, OSError):
                    is_full = os.stat(self._path + "-wal").st_size > WAL_LIMIT_BYTES
                    if not is_full and time.monotonic() - last < CHECKPOINT_EVERY_S:
                        continue
                    conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                    if is_full:
                        conn.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
                    last = time.monotonic()
        finally:
            conn.close()
