"""The rows of users and keys live here, and the ends of all that a user has."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_network

from sqlalchemy import (
    ColumnElement,
    Row,
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from aigne_hub.access.identity import (
    ALL_RIGHTS,
    ALL_SCOPES,
    Key,
    KeyId,
    Limits,
    Rights,
    Role,
    Scope,
    User,
    UserId,
    UserKind,
)
from aigne_hub.base.hangup import read_drain, shown_drain
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import (
    authorizations,
    device_requests,
    identities,
    keys,
    preferences,
    sessions,
    sso_issuers,
    tokens,
    users,
)
from aigne_hub.db.versions import bump

COUNTER = "access"

# Made once for every sign-in and visit: making a statement takes as long as running it.
_USER = select(users).where(users.c.id == bindparam("id"))
_USER_BY_EMAIL = select(users).where(users.c.email == bindparam("email"))
_PREFERENCES = select(preferences.c.name, preferences.c.value)


async def add_user(conn: Conn, user: User) -> None:
    await conn.execute(
        insert(users).values(
            id=user.id,
            kind=user.kind,
            name=user.name,
            email=user.email,
            role=user.role,
            created_ms=user.created_ms,
            disabled_ms=user.disabled_ms,
            version=await bump(conn, COUNTER),
        )
    )


async def change_user(conn: Conn, user: User) -> None:
    """Write a user's name, e-mail address, role and state."""
    await conn.execute(
        update(users)
        .where(users.c.id == user.id)
        .values(
            name=user.name,
            email=user.email,
            role=user.role,
            disabled_ms=user.disabled_ms,
            version=await bump(conn, COUNTER),
        )
    )


async def end_sessions(conn: Conn, user_id: UserId, now_ms: int, *, but: int | None = None) -> int:
    """End all sessions of a user, `but` one; how many there were."""
    query = update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended_ms.is_(None))
    if but is not None:
        query = query.where(sessions.c.id != but)
    return (await conn.execute(query.values(ended_ms=now_ms))).rowcount


async def end_applications(conn: Conn, user_id: UserId, now_ms: int) -> int:
    """End all that applications may do in a user's name, for good; how many tokens there were.

    A code gives nothing once what allowed it has ended, and a device that a user answered begins again.
    """
    version = await bump(conn, COUNTER)  # first, so that whoever gives a token meanwhile waits or is seen
    mine = select(authorizations.c.id).where(authorizations.c.user_id == user_id)
    ended = await conn.execute(
        update(tokens)
        .where(tokens.c.authorization_id.in_(mine), tokens.c.revoked_ms.is_(None))
        .values(revoked_ms=now_ms, version=version)
    )
    await conn.execute(
        update(authorizations)
        .where(authorizations.c.user_id == user_id, authorizations.c.ended_ms.is_(None))
        .values(ended_ms=now_ms)
    )
    await conn.execute(delete(device_requests).where(device_requests.c.user_id == user_id))
    return ended.rowcount


async def count_live_owners(conn: Conn, *, but: UserId | None = None) -> int:
    """People who are owners and can act, `but` one."""
    query = select(func.count()).select_from(users).where(_is_live_owner(but))
    return int((await conn.execute(query)).scalar_one())


async def can_an_owner_use_sso(conn: Conn, *, but: UserId | None = None) -> bool:
    """Whether some owner who can act, `but` one, has an identity at an issuer that is enabled."""
    usable = exists().where(
        identities.c.user_id == users.c.id, identities.c.issuer_id == sso_issuers.c.id, sso_issuers.c.is_enabled
    )
    return bool((await conn.execute(select(exists().where(_is_live_owner(but), usable)))).scalar_one())


async def add_key(conn: Conn, key: Key) -> None:
    await conn.execute(
        insert(keys).values(id=key.id, user_id=key.user_id, created_ms=key.created_ms, **await _kept(conn, key))
    )


async def change_key(conn: Conn, key: Key) -> None:
    """Write everything of a key that can change; its id, holder and birth cannot."""
    await conn.execute(update(keys).where(keys.c.id == key.id).values(**await _kept(conn, key)))


async def revoke_keys_of(conn: Conn, user_id: UserId, now_ms: int) -> int:
    """Revoke every live key of a user; how many there were."""
    changed = await conn.execute(
        update(keys)
        .where(keys.c.user_id == user_id, keys.c.revoked_ms.is_(None))
        .values(revoked_ms=now_ms, version=await bump(conn, COUNTER))
    )
    return changed.rowcount


async def touch_keys(conn: Conn, used: Sequence[tuple[KeyId, int, str | None]]) -> None:
    """Note when and from where keys were last used. Not a change that snapshots need to see."""
    await conn.execute(
        update(keys)
        .where(keys.c.id == bindparam("key"))
        .values(last_used_ms=bindparam("at"), last_used_address=bindparam("address")),
        [{"key": key, "at": at, "address": address} for key, at, address in used],
    )


async def find_user(conn: Conn, user_id: UserId) -> User | None:
    row = (await conn.execute(_USER, {"id": user_id})).one_or_none()
    return _user(row) if row else None


async def find_user_by_email(conn: Conn, email: str) -> User | None:
    row = (await conn.execute(_USER_BY_EMAIL, {"email": email})).one_or_none()
    return _user(row) if row else None


async def find_key(conn: Conn, key_id: KeyId) -> Key | None:
    row = (await conn.execute(select(keys).where(keys.c.id == key_id))).one_or_none()
    return _key(row) if row else None


async def first_owner(conn: Conn) -> User | None:
    row = (
        await conn.execute(select(users).where(users.c.role == Role.owner).order_by(users.c.id).limit(1))
    ).one_or_none()
    return _user(row) if row else None


async def list_users(
    conn: Conn, *, after: int = 0, limit: int = 1000, kind: UserKind | None = None, search: str | None = None
) -> list[User]:
    """Users in order of id; `search` is part of a name or e-mail address, whatever its case."""
    query = select(users).where(users.c.id > after).order_by(users.c.id).limit(limit)
    if kind is not None:
        query = query.where(users.c.kind == kind)
    if search:
        query = query.where(
            or_(users.c.name.icontains(search, autoescape=True), users.c.email.icontains(search, autoescape=True))
        )
    return [_user(row) for row in await conn.execute(query)]


async def list_keys(
    conn: Conn, *, after: int = 0, limit: int = 1000, user_id: UserId | None = None, is_live_at: int | None = None
) -> list[Key]:
    """Keys in order of id: of one user or of all, live ones or all."""
    query = select(keys).where(keys.c.id > after).order_by(keys.c.id).limit(limit)
    if user_id is not None:
        query = query.where(keys.c.user_id == user_id)
    if is_live_at is not None:
        query = query.where(_is_live(is_live_at))
    return [_key(row) for row in await conn.execute(query)]


async def page_of_keys(
    conn: Conn, *, before: int | None, limit: int, user_id: UserId | None, is_live_at: int | None
) -> list[Key]:
    """Keys from the newest on, older than the id `before`."""
    query = select(keys).order_by(keys.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(keys.c.id < before)
    if user_id is not None:
        query = query.where(keys.c.user_id == user_id)
    if is_live_at is not None:
        query = query.where(_is_live(is_live_at))
    return [_key(row) for row in await conn.execute(query)]


def _is_live_owner(but: UserId | None) -> ColumnElement[bool]:
    live = and_(users.c.role == Role.owner, users.c.kind == UserKind.person, users.c.disabled_ms.is_(None))
    return live if but is None else and_(live, users.c.id != but)


def _is_live(now_ms: int) -> ColumnElement[bool]:
    return and_(keys.c.revoked_ms.is_(None), or_(keys.c.expires_ms.is_(None), keys.c.expires_ms > now_ms))


async def users_by_id(conn: Conn, wanted: Collection[int]) -> list[User]:
    return [_user(row) for row in await conn.execute(select(users).where(users.c.id.in_(wanted)))]


async def list_managers(conn: Conn, limit: int) -> list[User]:
    """Owners and admins who can be mailed, the oldest first."""
    query = select(users).where(
        users.c.kind == UserKind.person,
        users.c.role.in_([Role.owner, Role.admin]),
        users.c.email.is_not(None),
        users.c.disabled_ms.is_(None),
    )
    return [_user(row) for row in await conn.execute(query.order_by(users.c.id).limit(limit))]


async def users_since(conn: Conn, version: int) -> list[User]:
    return [_user(row) for row in await conn.execute(select(users).where(users.c.version > version))]


async def keys_since(conn: Conn, version: int, *, after: int, limit: int) -> list[Key]:
    """Keys changed after `version`, in order of id from `after` on: read in parts, there may be very many."""
    query = select(keys).where(keys.c.version > version, keys.c.id > after).order_by(keys.c.id).limit(limit)
    return [_key(row) for row in await conn.execute(query)]


async def _kept(conn: Conn, key: Key) -> dict[str, object]:
    rights, limits = key.rights, key.rights.limits or Limits()
    return {
        "name": key.name,
        "role": key.role,
        "digest": key.digest,
        "prefix": key.prefix,
        "hint": key.hint,
        "previous_digest": key.previous_digest,
        "previous_hint": key.previous_hint,
        "previous_until_ms": key.previous_until_ms,
        "scopes": None if rights.scopes == ALL_SCOPES else json.dumps(sorted(rights.scopes)),
        "models": None if rights.models is None else json.dumps(rights.models),
        "addresses": None if rights.networks is None else json.dumps([str(one) for one in rights.networks]),
        "requests_per_minute": limits.requests_per_minute,
        "tokens_per_minute": limits.tokens_per_minute,
        "concurrency": limits.concurrency,
        "strict": rights.is_strict or None,
        "on_hangup": None if rights.drain_s is None else shown_drain(rights.drain_s),
        "created_via": key.created_via,
        "expires_ms": key.expires_ms,
        "revoked_ms": key.revoked_ms,
        "version": await bump(conn, COUNTER),
    }


def _user(row: Row[tuple[object, ...]]) -> User:
    r = row._mapping
    return User(
        id=UserId(r["id"]),
        name=r["name"],
        email=r["email"],
        role=Role(r["role"]),
        created_ms=r["created_ms"],
        disabled_ms=r["disabled_ms"],
        kind=UserKind(r["kind"]),
        last_sign_in_ms=r["last_sign_in_ms"],
    )


def _key(row: Row[tuple[object, ...]]) -> Key:
    r = row._mapping
    return Key(
        id=KeyId(r["id"]),
        user_id=UserId(r["user_id"]),
        name=r["name"],
        role=Role(r["role"]),
        prefix=r["prefix"],
        hint=r["hint"],
        created_ms=r["created_ms"],
        expires_ms=r["expires_ms"],
        revoked_ms=r["revoked_ms"],
        last_used_ms=r["last_used_ms"],
        digest=r["digest"],
        rights=_rights(r),
        created_via=r["created_via"],
        last_used_address=r["last_used_address"],
        previous_digest=r["previous_digest"],
        previous_hint=r["previous_hint"],
        previous_until_ms=r["previous_until_ms"],
    )


def _limits(r: RowMapping) -> Limits | None:
    limits = Limits(r["requests_per_minute"], r["tokens_per_minute"], r["concurrency"])
    return limits if limits.is_any else None


def _rights(r: RowMapping) -> Rights:
    scopes, models, addresses, on_hangup = r["scopes"], r["models"], r["addresses"], r["on_hangup"]
    rights = Rights(
        scopes=ALL_SCOPES if scopes is None else frozenset(map(Scope, json.loads(scopes))),
        models=None if models is None else tuple(json.loads(models)),
        networks=None if addresses is None else tuple(map(ip_network, json.loads(addresses))),
        limits=_limits(r),
        is_strict=bool(r["strict"]),
        drain_s=None if on_hangup is None else read_drain(on_hangup),
    )
    return ALL_RIGHTS if rights == ALL_RIGHTS else rights


async def read_preferences(conn: Conn) -> dict[str, bool]:
    rows = await conn.execute(_PREFERENCES)
    return {row.name: json.loads(row.value) for row in rows}


async def write_preferences(conn: Conn, values: Mapping[str, bool], now_ms: int) -> None:
    for name, value in values.items():
        await conn.execute(delete(preferences).where(preferences.c.name == name))
        await conn.execute(insert(preferences).values(name=name, value=json.dumps(value), updated_ms=now_ms))
