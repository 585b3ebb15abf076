"""Bringing a database's tables up to date lives here; the steps are in migrations/versions."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from aigne_hub.db.address import Address, parse_address
from aigne_hub.db.engine import create_sqlite_file, postgres_engine, sqlite_engine
from aigne_hub.db.outage import is_outage, unreachable

if TYPE_CHECKING:
    from alembic.config import Config

_STEPS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x41494748  # any number, as long as every hub takes the same


def upgrade(url: str) -> list[str]:
    """Apply the migrations that are missing; their revisions, oldest first. Two at once wait for each other.

    Raises Unavailable when the database cannot be reached, ValueError for an address that cannot be used.
    """
    address = parse_address(url)
    if address.dialect == "sqlite":
        create_sqlite_file(address.path)
    with _alone(address):
        if _in_transaction(address, _revision) == head():
            return []
        applied: list[str] = _in_transaction(address, _upgrade)
        return applied


def current(url: str) -> str | None:
    """The revision a database is at; None when it has no tables. Creates nothing."""
    address = parse_address(url)
    if address.dialect == "sqlite" and not os.path.exists(address.path):
        return None
    found: str | None = _in_transaction(address, _revision)
    return found


def head() -> str:
    """The newest revision there is: the last file of the steps, which are numbered."""
    return max(step.name for step in (_STEPS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> list[str]:
    # Alembic is loaded only where there is something to do, so that a hub that starts need not carry it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    before = _revision(connection)
    config: Config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    steps = ScriptDirectory.from_config(config).iterate_revisions("head", before or "base")
    return [step.revision for step in steps if step.revision != before][::-1]


def _in_transaction(address: Address, work: Any) -> Any:
    try:
        return asyncio.run(_run(address, work))
    except Exception as error:
        if is_outage(error):
            raise unreachable() from error
        raise


async def _run(address: Address, work: Any) -> Any:
    engine = _engine(address)
    try:
        async with engine.begin() as conn:
            return await conn.run_sync(work)
    finally:
        await engine.dispose()


def _engine(address: Address) -> AsyncEngine:
    if address.dialect == "sqlite":
        return sqlite_engine(address.path, begin="BEGIN IMMEDIATE", pool_size=1)
    return postgres_engine(address.dsn, pooled=False)


@contextmanager
def _alone(address: Address) -> Iterator[None]:
    """SQLite: a lock file beside the database. PostgreSQL takes its advisory lock within the transaction."""
    if address.dialect != "sqlite":
        yield
        return
    with open(f"{address.path}.migrate.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
