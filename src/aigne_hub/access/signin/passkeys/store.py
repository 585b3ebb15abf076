"""The rows of passkeys live here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from sqlalchemy import Row, delete, insert, select, update

from aigne_hub.access.identity import UserId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import passkeys


@dataclass(frozen=True, slots=True)
class Passkey:
    """A registered passkey; `is_synced` says that it is backed up with its platform's account."""

    id: int
    user_id: UserId
    credential: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    transports: str
    name: str
    is_synced: bool
    created_ms: int
    last_used_ms: int | None


async def add(conn: Conn, one: Passkey) -> None:
    await conn.execute(insert(passkeys).values(**asdict(one)))


async def find(conn: Conn, credential: bytes) -> Passkey | None:
    row = (await conn.execute(select(passkeys).where(passkeys.c.credential == credential))).one_or_none()
    return _passkey(row) if row else None


async def find_own(conn: Conn, user_id: UserId, passkey_id: int) -> Passkey | None:
    query = select(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.user_id == user_id)
    row = (await conn.execute(query)).one_or_none()
    return _passkey(row) if row else None


async def list_own(conn: Conn, user_id: UserId) -> list[Passkey]:
    query = select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.id)
    return [_passkey(row) for row in await conn.execute(query)]


async def note_use(conn: Conn, one: Passkey, *, sign_count: int, now_ms: int) -> bool:
    """Note a use; False when another use was noted since `one` was read."""
    changed = await conn.execute(
        update(passkeys)
        .where(passkeys.c.id == one.id, passkeys.c.sign_count == one.sign_count)
        .values(sign_count=sign_count, last_used_ms=now_ms)
    )
    return changed.rowcount == 1


async def rename(conn: Conn, passkey_id: int, name: str) -> None:
    await conn.execute(update(passkeys).where(passkeys.c.id == passkey_id).values(name=name))


async def remove(conn: Conn, passkey_id: int) -> None:
    await conn.execute(delete(passkeys).where(passkeys.c.id == passkey_id))


def _passkey(row: Row[tuple[object, ...]]) -> Passkey:
    return Passkey(**row._asdict())
