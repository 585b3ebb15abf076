"""Connections live here: one Database per process, with short reads, short transactions and the writer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

import anyio
from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from aigne_hub.db.address import Address, parse_address
from aigne_hub.db.outage import is_outage, unreachable
from aigne_hub.db.sqlite_inline import connect_inline
from aigne_hub.db.sqlite_log import SqliteLog
from aigne_hub.db.sqlite_pragmas import BUSY_TIMEOUT_MS, PRAGMAS
from aigne_hub.db.writer import Log, Writer

Conn = AsyncConnection

READERS = 4
POSTGRES_CONNECTIONS = 5
POSTGRES_CONNECT_TIMEOUT_S = 5.0
POSTGRES_STATEMENT_TIMEOUT_S = 30.0
POOL_TIMEOUT_S = 5.0
RELEASE_TIMEOUT_S = 5.0


class Engines(NamedTuple):
    """Where each kind of work gets its connections; on PostgreSQL all from the same."""

    reads: AsyncEngine
    glances: AsyncEngine
    writes: AsyncEngine


class Database:
    """The hub's database: SQLite or PostgreSQL behind the same doors.

    On SQLite a `write` and a `glance` run in the event loop itself (db/sqlite_inline.py): they are for few rows.

    An outage (unreachable, locked, full, gone) is raised as Unavailable from whatever door it is met at;
    errors of the statement itself (IntegrityError …) come as SQLAlchemy raises them.
    """

    def __init__(self, dialect: str, engines: Engines, log: Log) -> None:
        self.dialect = dialect
        self.writer = Writer(log)
        self._engines = engines
        self._log = log

    @classmethod
    async def open(cls, url: str) -> Database:
        """Open the database a URL names; raises ValueError for a URL we cannot use, Unavailable for an outage.

        A SQLite file that does not exist is created, readable by its owner alone. The tables are the
        business of migrate.upgrade.
        """
        address = parse_address(url)
        if address.dialect == "sqlite":
            create_sqlite_file(address.path)
            engines = Engines(
                reads=sqlite_engine(address.path, begin="BEGIN", pool_size=READERS),
                glances=inline_engine(address.path, begin="BEGIN", pool_size=READERS),
                writes=inline_engine(address.path, begin="BEGIN IMMEDIATE", pool_size=1),
            )
        else:
            one = postgres_engine(address.dsn)
            engines = Engines(one, one, one)
        try:
            log = await _open_log(address)
        except Exception as error:
            if is_outage(error):
                raise unreachable() from error
            raise
        return cls(address.dialect, engines, log)

    def read(self) -> AbstractAsyncContextManager[Conn]:
        """A short read: one snapshot, in which a write is refused by the database."""
        return self._reading(self._engines.reads)

    def glance(self) -> AbstractAsyncContextManager[Conn]:
        """The same for a few rows that an index finds: it holds up nothing by waiting, and all by taking long."""
        return self._reading(self._engines.glances)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Conn]:
        """One transaction: committed when the block ends, rolled back when it raises or is cancelled.

        SQLite has one writer at a time, so a block must not wait for anything but the database.
        """
        async with _connected(self._engines.writes) as conn:
            yield conn
            await conn.commit()
        self._log.note_commit()

    async def close(self) -> None:
        await self.writer.close()
        for engine in dict.fromkeys(self._engines):
            await engine.dispose()

    @asynccontextmanager
    async def _reading(self, engine: AsyncEngine) -> AsyncIterator[Conn]:
        async with _connected(engine) as conn:
            if self.dialect == "postgresql":
                await conn.execution_options(postgresql_readonly=True)
            yield conn


def create_sqlite_file(path: str) -> None:
    """Make sure the file is there, with mode 0600; SQLite gives its -wal and -shm files the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise unreachable() from error


def sqlite_engine(path: str, *, begin: str, pool_size: int) -> AsyncEngine:
    """An engine whose transactions start with `begin`: the driver's own rule (no BEGIN before SELECT) is off."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        hide_parameters=True,
    )
    pragmas = (*PRAGMAS, "query_only = ON") if begin == "BEGIN" else PRAGMAS

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine


def inline_engine(path: str, *, begin: str, pool_size: int) -> AsyncEngine:
    """The same in the event loop. Nothing but a write lock is waited for, and that without blocking."""
    engine = create_async_engine(
        "sqlite+aiosqlite://",
        async_creator=lambda: connect_inline(path, is_read_only=begin == "BEGIN"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "begin", lambda conn: conn.exec_driver_sql(begin))
    return engine


def postgres_engine(dsn: str, *, pooled: bool = True) -> AsyncEngine:
    import asyncpg

    async def connect() -> Any:
        return await asyncpg.connect(
            dsn, timeout=POSTGRES_CONNECT_TIMEOUT_S, command_timeout=POSTGRES_STATEMENT_TIMEOUT_S if pooled else None
        )

    if not pooled:
        return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=POSTGRES_CONNECTIONS,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        hide_parameters=True,
    )


async def _open_log(address: Address) -> Log:
    if address.dialect == "sqlite":
        return SqliteLog(address.path)
    from aigne_hub.db.postgres_log import PostgresLog

    return await PostgresLog.open(address.dsn)


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[Conn]:
    try:
        conn = await engine.connect()
    except Exception as error:
        if is_outage(error):
            raise unreachable() from error
        raise
    try:
        yield conn
    except Exception as error:
        if is_outage(error):
            raise unreachable() from error
        raise
    finally:
        await _release(conn)


async def _release(conn: Conn) -> None:
    # Closing rolls back what is not committed. It runs in a task of its own, so that a caller who is
    # cancelled, even twice, cannot leave the transaction open.
    with anyio.move_on_after(RELEASE_TIMEOUT_S, shield=True):
        await asyncio.shield(asyncio.ensure_future(conn.close()))
