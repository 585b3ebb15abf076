"""The rows of device requests live here."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from aigne_hub.access.identity import Scope, UserId
from aigne_hub.access.oauth.records import DeviceStatus
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import device_requests


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    id: int
    client_row: int
    scopes: frozenset[Scope]
    status: DeviceStatus
    user_id: UserId | None
    interval_s: int
    polled_ms: int | None
    created_ms: int
    expires_ms: int


async def add(conn: Conn, one: DeviceRequest, *, device_digest: bytes, user_digest: bytes) -> None:
    await conn.execute(
        insert(device_requests).values(
            id=one.id,
            client_row=one.client_row,
            device_digest=device_digest,
            user_digest=user_digest,
            scopes=json.dumps(sorted(one.scopes)),
            status=one.status,
            user_id=one.user_id,
            interval_s=one.interval_s,
            polled_ms=one.polled_ms,
            created_ms=one.created_ms,
            expires_ms=one.expires_ms,
        )
    )


async def find_by_device(conn: Conn, digest: bytes) -> DeviceRequest | None:
    return await _where(conn, device_requests.c.device_digest == digest)


async def find_by_user(conn: Conn, digest: bytes) -> DeviceRequest | None:
    return await _where(conn, device_requests.c.user_digest == digest)


async def count_open(conn: Conn, now_ms: int) -> int:
    query = select(func.count()).select_from(device_requests).where(device_requests.c.expires_ms > now_ms)
    return int((await conn.execute(query)).scalar_one())


async def note_poll(conn: Conn, request_id: int, *, polled_ms: int, interval_s: int) -> None:
    await conn.execute(
        update(device_requests)
        .where(device_requests.c.id == request_id)
        .values(polled_ms=polled_ms, interval_s=interval_s)
    )


async def move(
    conn: Conn, request_id: int, old: DeviceStatus, new: DeviceStatus, *, user_id: UserId | None = None
) -> bool:
    """Change the status; False when it is not `old` any more."""
    values: dict[str, object] = {"status": new}
    if user_id is not None:
        values["user_id"] = user_id
    changed = await conn.execute(
        update(device_requests)
        .where(device_requests.c.id == request_id, device_requests.c.status == old)
        .values(**values)
    )
    return changed.rowcount == 1


async def forget(conn: Conn, before_ms: int) -> int:
    """Delete what ended before then; how many."""
    return (await conn.execute(delete(device_requests).where(device_requests.c.expires_ms < before_ms))).rowcount


async def _where(conn: Conn, which: ColumnElement[bool]) -> DeviceRequest | None:
    row = (await conn.execute(select(device_requests).where(which))).one_or_none()
    if row is None:
        return None
    r = row._mapping
    return DeviceRequest(
        id=r["id"],
        client_row=r["client_row"],
        scopes=frozenset(map(Scope, json.loads(r["scopes"]))),
        status=DeviceStatus(r["status"]),
        user_id=None if r["user_id"] is None else UserId(r["user_id"]),
        interval_s=r["interval_s"],
        polled_ms=r["polled_ms"],
        created_ms=r["created_ms"],
        expires_ms=r["expires_ms"],
    )
