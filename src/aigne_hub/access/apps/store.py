"""The rows of apps live here."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import func, insert, select

from aigne_hub.access.identity import UserId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import apps, users
from aigne_hub.db.versions import bump

COUNTER = "access"


class App(Struct, frozen=True):
    """A registered public key, and the service account that it acts as."""

    id: str
    public_key: bytes
    user_id: UserId
    created_ms: int


async def add(conn: Conn, app: App) -> None:
    await conn.execute(
        insert(apps).values(
            id=app.id,
            public_key=app.public_key,
            user_id=app.user_id,
            created_ms=app.created_ms,
            version=await bump(conn, COUNTER),
        )
    )


async def find(conn: Conn, app_id: str) -> App | None:
    row = (await conn.execute(select(apps).where(apps.c.id == app_id))).one_or_none()
    return App(row.id, row.public_key, UserId(row.user_id), row.created_ms) if row else None


async def count_waiting(conn: Conn) -> int:
    """How many are registered and not switched on."""
    query = select(func.count()).select_from(apps.join(users)).where(users.c.disabled_ms.is_not(None))
    return int((await conn.execute(query)).scalar_one())


async def since(conn: Conn, version: int) -> list[App]:
    rows = await conn.execute(select(apps).where(apps.c.version > version))
    return [App(row.id, row.public_key, UserId(row.user_id), row.created_ms) for row in rows]
