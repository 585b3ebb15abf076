"""Numbering process starts lives here: the number keeps the ids of processes apart (base/ids.py)."""

from __future__ import annotations

from sqlalchemy import insert

from aigne_hub.base.clock import Clock
from aigne_hub.db.engine import Database
from aigne_hub.db.schema import boots


async def new_boot(database: Database, clock: Clock) -> int:
    """Take the next boot number."""
    async with database.write() as conn:
        taken = await conn.execute(insert(boots).values(started_ms=clock.now_ms()).returning(boots.c.id))
        return int(taken.scalar_one())
