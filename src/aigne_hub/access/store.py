"""The rows of users and keys live here."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Row, bindparam, insert, select, update

from aigne_hub.access.identity import Key, KeyId, Role, User, UserId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import keys, users
from aigne_hub.db.versions import bump

COUNTER = "access"


async def add_user(conn: Conn, user: User) -> None:
    await conn.execute(
        insert(users).values(
            id=user.id,
            name=user.name,
            email=user.email,
            role=user.role,
            created_ms=user.created_ms,
            disabled_ms=user.disabled_ms,
            version=await bump(conn, COUNTER),
        )
    )


async def set_role(conn: Conn, user_id: UserId, role: Role) -> bool:
    changed = await conn.execute(
        update(users).where(users.c.id == user_id).values(role=role, version=await bump(conn, COUNTER))
    )
    return changed.rowcount == 1


async def add_key(conn: Conn, key: Key) -> None:
    await conn.execute(
        insert(keys).values(
            id=key.id,
            user_id=key.user_id,
            name=key.name,
            role=key.role,
            digest=key.digest,
            hint=key.hint,
            created_ms=key.created_ms,
            expires_ms=key.expires_ms,
            version=await bump(conn, COUNTER),
        )
    )


async def revoke_key(conn: Conn, key_id: KeyId, now_ms: int) -> bool:
    """Revoke a key for good; False when there is no such key. Revoking twice keeps the first time."""
    changed = await conn.execute(
        update(keys)
        .where(keys.c.id == key_id, keys.c.revoked_ms.is_(None))
        .values(revoked_ms=now_ms, version=await bump(conn, COUNTER))
    )
    return changed.rowcount == 1 or await find_key(conn, key_id) is not None


async def touch_keys(conn: Conn, used: Sequence[tuple[KeyId, int]]) -> None:
    """Note when keys were last used. Not a change that snapshots need to see."""
    await conn.execute(
        update(keys).where(keys.c.id == bindparam("key")).values(last_used_ms=bindparam("at")),
        [{"key": key, "at": at} for key, at in used],
    )


async def find_user(conn: Conn, user_id: UserId) -> User | None:
    row = (await conn.execute(select(users).where(users.c.id == user_id))).one_or_none()
    return _user(row) if row else None


async def find_user_by_email(conn: Conn, email: str) -> User | None:
    row = (await conn.execute(select(users).where(users.c.email == email))).one_or_none()
    return _user(row) if row else None


async def find_key(conn: Conn, key_id: KeyId) -> Key | None:
    row = (await conn.execute(select(keys).where(keys.c.id == key_id))).one_or_none()
    return _key(row) if row else None


async def first_owner(conn: Conn) -> User | None:
    row = (
        await conn.execute(select(users).where(users.c.role == Role.owner).order_by(users.c.id).limit(1))
    ).one_or_none()
    return _user(row) if row else None


async def list_users(conn: Conn, *, after: int = 0, limit: int = 1000) -> list[User]:
    query = select(users).where(users.c.id > after).order_by(users.c.id).limit(limit)
    return [_user(row) for row in await conn.execute(query)]


async def list_keys(conn: Conn, *, after: int = 0, limit: int = 1000) -> list[Key]:
    query = select(keys).where(keys.c.id > after).order_by(keys.c.id).limit(limit)
    return [_key(row) for row in await conn.execute(query)]


async def users_by_id(conn: Conn, wanted: Collection[int]) -> list[User]:
    return [_user(row) for row in await conn.execute(select(users).where(users.c.id.in_(wanted)))]


async def users_since(conn: Conn, version: int) -> list[User]:
    return [_user(row) for row in await conn.execute(select(users).where(users.c.version > version))]


async def keys_since(conn: Conn, version: int, *, after: int, limit: int) -> list[Key]:
    """Keys changed after `version`, in order of id from `after` on: read in parts, there may be very many."""
    query = select(keys).where(keys.c.version > version, keys.c.id > after).order_by(keys.c.id).limit(limit)
    return [_key(row) for row in await conn.execute(query)]


def _user(row: Row[tuple[object, ...]]) -> User:
    r = row._mapping
    return User(UserId(r["id"]), r["name"], r["email"], Role(r["role"]), r["created_ms"], r["disabled_ms"])


def _key(row: Row[tuple[object, ...]]) -> Key:
    r = row._mapping
    return Key(
        id=KeyId(r["id"]),
        user_id=UserId(r["user_id"]),
        name=r["name"],
        role=Role(r["role"]),
        hint=r["hint"],
        created_ms=r["created_ms"],
        expires_ms=r["expires_ms"],
        revoked_ms=r["revoked_ms"],
        last_used_ms=r["last_used_ms"],
        digest=r["digest"],
    )
