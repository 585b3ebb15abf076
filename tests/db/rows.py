"""Rows to write in tests: one statement on the plainest table there is, and reading it back."""

from __future__ import annotations

from sqlalchemy import insert, select

from aigne_hub.db.engine import Database
from aigne_hub.db.schema import boots, versions
from aigne_hub.db.writer import Statement


def adding(dialect: str) -> Statement:
    """Takes (name, version); a name that is there already is refused, and so is no version."""
    return Statement.compile(insert(versions), ["name", "version"], dialect)


def starting(dialect: str) -> Statement:
    """Takes (started_ms,); the rows are numbered in the order of their coming."""
    return Statement.compile(insert(boots), ["started_ms"], dialect)


async def kept(database: Database) -> dict[str, int]:
    async with database.read() as conn:
        return {row.name: row.version for row in await conn.execute(select(versions))}


async def in_order(database: Database) -> list[int]:
    async with database.read() as conn:
        return list((await conn.execute(select(boots.c.started_ms).order_by(boots.c.id))).scalars())
