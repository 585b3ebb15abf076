"""Change counters live here: memory snapshots watch them, whoever changes a row bumps one."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import versions

# Made once, as every change runs them: making a statement takes as long as running it.
_BUMP = (
    update(versions)
    .where(versions.c.name == bindparam("counter"))
    .values(version=versions.c.version + 1)
    .returning(versions.c.version)
)
_HOLD = select(versions.c.version).where(versions.c.name == bindparam("counter")).with_for_update()
_ALL = select(versions.c.name, versions.c.version)


async def bump(conn: Conn, counter: str) -> int:
    """Take the next number of `counter`, whose row the migrations made.

    The row stays locked until the transaction ends, so numbers become visible in order.
    """
    return int((await conn.execute(_BUMP, {"counter": counter})).scalar_one())


async def hold(conn: Conn, counter: str) -> None:
    """Keep everybody else who would bump `counter` waiting until the transaction ends.

    What is read after this is what a change of this transaction will be based on.
    """
    await conn.execute(_HOLD, {"counter": counter})


async def read_versions(conn: Conn) -> dict[str, int]:
    return {row.name: row.version for row in await conn.execute(_ALL)}
