"""The rows of routes live here, and that of the preference about bare names."""

from __future__ import annotations

import msgspec
from sqlalchemy import Row, delete, insert, select, update

from aigne_hub.catalog.routes.entries import KeptRoute, RouteDraft
from aigne_hub.catalog.store import COUNTER
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import preferences, routes
from aigne_hub.db.versions import bump

_EXCLUDED = "excluded_rotation_providers"


async def add_route(conn: Conn, model: str, draft: RouteDraft, now_ms: int) -> None:
    await bump(conn, COUNTER)
    text = msgspec.json.encode(draft).decode()
    await conn.execute(insert(routes).values(model=model, definition=text, created_ms=now_ms, updated_ms=now_ms))


async def save_route(conn: Conn, model: str, draft: RouteDraft, now_ms: int) -> None:
    await bump(conn, COUNTER)
    text = msgspec.json.encode(draft).decode()
    await conn.execute(update(routes).where(routes.c.model == model).values(definition=text, updated_ms=now_ms))


async def remove_route(conn: Conn, model: str) -> None:
    await bump(conn, COUNTER)
    await conn.execute(delete(routes).where(routes.c.model == model))


async def find_route(conn: Conn, model: str) -> KeptRoute | None:
    row = (await conn.execute(select(routes).where(routes.c.model == model))).one_or_none()
    return _route(row) if row else None


async def list_routes(conn: Conn) -> list[KeptRoute]:
    return [_route(row) for row in await conn.execute(select(routes).order_by(routes.c.model))]


async def read_excluded(conn: Conn) -> tuple[str, ...]:
    """Providers that no bare name leads to."""
    query = select(preferences.c.value).where(preferences.c.name == _EXCLUDED)
    kept = (await conn.execute(query)).scalar_one_or_none()
    return msgspec.json.decode(kept, type=tuple[str, ...]) if kept else ()


async def write_excluded(conn: Conn, names: tuple[str, ...], now_ms: int) -> None:
    await bump(conn, COUNTER)
    await conn.execute(delete(preferences).where(preferences.c.name == _EXCLUDED))
    text = msgspec.json.encode(names).decode()
    await conn.execute(insert(preferences).values(name=_EXCLUDED, value=text, updated_ms=now_ms))


def _route(row: Row[tuple[object, ...]]) -> KeptRoute:
    r = row._mapping
    try:
        draft = msgspec.json.decode(r["definition"], type=RouteDraft)
    except msgspec.DecodeError:  # of a later version, perhaps: the other routes are still good
        draft = None
    return KeptRoute(r["model"], draft, r["created_ms"], r["updated_ms"])
