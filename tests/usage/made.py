"""Calls made up for tests: rows as the recorder would have written them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import insert

from aigne_hub.base.ids import first_id_at
from aigne_hub.base.money import NANO
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import calls

_numbers = count(1)
_USUAL: dict[str, Any] = {
    "user_id": 1,
    "key_id": 2,
    "provider_id": 3,
    "credential_id": 4,
    "model": "up/m",
    "upstream_model": "m",
    "kind": "chatCompletion",
    "status": "success",
    "usage_source": "reported",
}


def ms_at(time: str) -> int:
    """Unix milliseconds of a time in UTC, such as `2025-10-07 06:00:00.250`."""
    return round(datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp() * 1000)


def made(time: str, *, credits: float | None = None, **changes: Any) -> dict[str, Any]:
    """A row of `calls` that began at a time in UTC; `credits` are credits, not nano-credits."""
    number, started_ms = next(_numbers) % 4096, ms_at(time)
    nano = None if credits is None else round(credits * NANO)
    own = {"id": first_id_at(started_ms) + number, "request_id": f"r{number}", "started_ms": started_ms}
    return {**_USUAL, **own, "credits": nano, **changes}


async def keep(conn: Conn, *rows: dict[str, Any]) -> None:
    for row in rows:
        await conn.execute(insert(calls).values(**row))
