"""The rows of connect sessions live here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from sqlalchemy import Row, delete, func, insert, select, update

from aigne_hub.access.identity import KeyId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import connects


@dataclass(frozen=True, slots=True)
class Connect:
    """A waiting client; `key_id` and `sealed_key` come with the person's consent."""

    id: str = field(repr=False)
    challenge: str = field(repr=False)
    key_id: KeyId | None
    key_expires_ms: int | None
    sealed_key: bytes | None = field(repr=False)
    created_ms: int
    expires_ms: int


async def add(conn: Conn, one: Connect) -> None:
    await conn.execute(insert(connects).values(**asdict(one)))


async def find(conn: Conn, connect_id: str) -> Connect | None:
    row = (await conn.execute(select(connects).where(connects.c.id == connect_id))).one_or_none()
    return _connect(row) if row else None


async def count(conn: Conn) -> int:
    return int((await conn.execute(select(func.count()).select_from(connects))).scalar_one())


async def give_key(
    conn: Conn, connect_id: str, *, key_id: KeyId, key_expires_ms: int | None, sealed_key: bytes
) -> bool:
    """Put a key into a session that has none; False when it has one already, or is gone."""
    changed = await conn.execute(
        update(connects)
        .where(connects.c.id == connect_id, connects.c.key_id.is_(None))
        .values(key_id=key_id, key_expires_ms=key_expires_ms, sealed_key=sealed_key)
    )
    return changed.rowcount == 1


async def end_by(conn: Conn, connect_id: str, expires_ms: int) -> None:
    """Let a session end at that time, if it would end later."""
    await conn.execute(
        update(connects)
        .where(connects.c.id == connect_id, connects.c.expires_ms > expires_ms)
        .values(expires_ms=expires_ms)
    )


async def remove(conn: Conn, connect_id: str) -> bool:
    return (await conn.execute(delete(connects).where(connects.c.id == connect_id))).rowcount == 1


async def forget(conn: Conn, before_ms: int) -> int:
    """Delete what ended before then."""
    return (await conn.execute(delete(connects).where(connects.c.expires_ms < before_ms))).rowcount


def _connect(row: Row[tuple[object, ...]]) -> Connect:
    return Connect(**row._asdict())
