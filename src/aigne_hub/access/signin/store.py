"""The rows of sessions live here."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Row, delete, insert, select, update

from aigne_hub.access.identity import UserId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import sessions


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in on one device."""

    id: int
    user_id: UserId
    method: str
    address: str
    user_agent: str
    created_ms: int
    seen_ms: int
    expires_ms: int
    ended_ms: int | None
    digest: bytes = field(repr=False)


async def add_session(conn: Conn, session: Session) -> None:
    await conn.execute(
        insert(sessions).values(
            id=session.id,
            user_id=session.user_id,
            digest=session.digest,
            method=session.method,
            address=session.address,
            user_agent=session.user_agent,
            created_ms=session.created_ms,
            seen_ms=session.seen_ms,
            expires_ms=session.expires_ms,
            ended_ms=session.ended_ms,
        )
    )


async def find_session(conn: Conn, digest: bytes) -> Session | None:
    row = (await conn.execute(select(sessions).where(sessions.c.digest == digest))).one_or_none()
    return _session(row) if row else None


async def list_sessions(conn: Conn, user_id: UserId, *, live_at: int) -> list[Session]:
    """The sessions of a user that have not ended, newest first."""
    query = (
        select(sessions)
        .where(sessions.c.user_id == user_id, sessions.c.ended_ms.is_(None), sessions.c.expires_ms > live_at)
        .order_by(sessions.c.id.desc())
    )
    return [_session(row) for row in await conn.execute(query)]


async def touch_session(conn: Conn, session_id: int, *, seen_ms: int, address: str) -> None:
    await conn.execute(update(sessions).where(sessions.c.id == session_id).values(seen_ms=seen_ms, address=address))


async def replace_secret(conn: Conn, session_id: int, digest: bytes) -> None:
    await conn.execute(update(sessions).where(sessions.c.id == session_id).values(digest=digest))


async def end_session(conn: Conn, user_id: UserId, session_id: int, now_ms: int) -> bool:
    """End one session of a user; False when there is no such live one."""
    changed = await conn.execute(
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.user_id == user_id, sessions.c.ended_ms.is_(None))
        .values(ended_ms=now_ms)
    )
    return changed.rowcount == 1


async def end_sessions(conn: Conn, user_id: UserId, now_ms: int, *, but: int | None = None) -> int:
    """End all sessions of a user, `but` one; how many there were."""
    query = update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_ms.is_(None))
    if but is not None:
        query = query.where(sessions.c.id != but)
    return (await conn.execute(query.values(ended_ms=now_ms))).rowcount


async def forget_sessions(conn: Conn, before_ms: int) -> int:
    """Delete sessions that expired before then."""
    return (await conn.execute(delete(sessions).where(sessions.c.expires_ms < before_ms))).rowcount


def _session(row: Row[tuple[object, ...]]) -> Session:
    r = row._mapping
    return Session(
        id=r["id"],
        user_id=UserId(r["user_id"]),
        method=r["method"],
        address=r["address"],
        user_agent=r["user_agent"],
        created_ms=r["created_ms"],
        seen_ms=r["seen_ms"],
        expires_ms=r["expires_ms"],
        ended_ms=r["ended_ms"],
        digest=r["digest"],
    )
