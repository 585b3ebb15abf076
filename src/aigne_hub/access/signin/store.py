"""The rows of sessions, and of what users sign in with, live here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field

from sqlalchemy import Row, bindparam, delete, exists, func, insert, or_, select, update

from aigne_hub.access.identity import Role, UserId, UserKind
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import identities, passkeys, sessions, users


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


# Statements of every sign-in and visit are made once: making one takes as long as running it.
_ADD_SESSION = insert(sessions)
_FIND_SESSION = select(sessions).where(sessions.c.digest == bindparam("digest"))


async def add_session(conn: Conn, session: Session) -> None:
    await conn.execute(_ADD_SESSION, asdict(session))


async def find_session(conn: Conn, digest: bytes) -> Session | None:
    row = (await conn.execute(_FIND_SESSION, {"digest": digest})).one_or_none()
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


async def forget_sessions(conn: Conn, before_ms: int) -> int:
    """Delete sessions that expired before then."""
    return (await conn.execute(delete(sessions).where(sessions.c.expires_ms < before_ms))).rowcount


@dataclass(frozen=True, slots=True)
class WaysIn:
    """What a user can sign in with."""

    password_hash: str | None = field(repr=False)
    passkeys: int
    identities: int

    @property
    def is_any(self) -> bool:
        return self.password_hash is not None or self.passkeys > 0 or self.identities > 0


_WAYS_IN = select(
    users.c.id,
    users.c.password_hash,
    select(func.count()).where(passkeys.c.user_id == users.c.id).scalar_subquery(),
    select(func.count()).where(identities.c.user_id == users.c.id).scalar_subquery(),
)
_WAYS_OF = _WAYS_IN.where(users.c.id == bindparam("user"))


async def ways_in(conn: Conn, wanted: Collection[int]) -> dict[int, WaysIn]:
    """What each of these users can sign in with."""
    rows = await conn.execute(_WAYS_IN.where(users.c.id.in_(wanted)))
    return {row[0]: WaysIn(row[1], row[2], row[3]) for row in rows}


async def ways_of(conn: Conn, user_id: UserId) -> WaysIn:
    """What a user that there is can sign in with."""
    row = (await conn.execute(_WAYS_OF, {"user": user_id})).one()
    return WaysIn(row[1], row[2], row[3])


@dataclass(frozen=True, slots=True)
class Renewal:
    """The hash that a password was checked with, and the one to keep from now on: mostly the same."""

    checked: str = field(repr=False)
    kept: str = field(repr=False)


async def set_password(conn: Conn, user_id: UserId, password_hash: str) -> None:
    await conn.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))


async def replace_password(conn: Conn, user_id: UserId, old: str | None, new: str) -> bool:
    """Keep `new`, which may be `old` itself; False when somebody has set another since `old` was read."""
    changed = await conn.execute(
        update(users)
        .where(users.c.id == user_id, users.c.password_hash.is_not_distinct_from(old))
        .values(password_hash=new)
    )
    return changed.rowcount == 1


_NOTE_SIGN_IN = (
    update(users)
    .where(users.c.id == bindparam("user"), users.c.kind == UserKind.person, users.c.disabled_ms.is_(None))
    .values(last_sign_in_ms=bindparam("now_ms"))
)
_NOTE_PASSWORD = _NOTE_SIGN_IN.where(users.c.password_hash == bindparam("checked")).values(
    password_hash=bindparam("kept")
)


async def note_sign_in(conn: Conn, user_id: UserId, now_ms: int, password: Renewal | None = None) -> bool:
    """Note that a person signs in now; False for one who is disabled, or whose password is another by now.

    Not a change that snapshots need to see.
    """
    by: dict[str, object] = {"user": user_id, "now_ms": now_ms}
    if password is None:
        return (await conn.execute(_NOTE_SIGN_IN, by)).rowcount == 1
    return (await conn.execute(_NOTE_PASSWORD, {**by, **asdict(password)})).rowcount == 1


async def can_an_owner_sign_in(conn: Conn) -> bool:
    """Whether some owner who is not disabled has a password, a passkey or an identity: the hub is set up."""
    query = select(
        exists().where(
            users.c.role == Role.owner,
            users.c.kind == UserKind.person,
            users.c.disabled_ms.is_(None),
            or_(
                users.c.password_hash.is_not(None),
                exists().where(passkeys.c.user_id == users.c.id),
                exists().where(identities.c.user_id == users.c.id),
            ),
        )
    )
    return bool((await conn.execute(query)).scalar_one())


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(**row._asdict())
