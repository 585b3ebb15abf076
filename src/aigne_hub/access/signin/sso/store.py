"""The rows of issuers and identities live here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from sqlalchemy import Row, delete, func, insert, select, update

from aigne_hub.access.identity import Role, UserId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import identities, sso_issuers


@dataclass(frozen=True, slots=True)
class Issuer:
    """An OpenID provider. `role_map` is from a value of `role_claim` to a role; `domains` are of e-mail addresses."""

    id: int
    name: str
    url: str
    client_id: str
    scopes: tuple[str, ...]
    role_claim: str | None
    role_map: dict[str, Role]
    default_role: Role
    domains: tuple[str, ...]
    is_enabled: bool
    created_ms: int
    sealed_secret: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a user is at an issuer."""

    id: int
    user_id: UserId
    issuer_id: int
    subject: str
    email: str | None
    created_ms: int
    last_used_ms: int | None


async def add_issuer(conn: Conn, one: Issuer) -> None:
    await conn.execute(insert(sso_issuers).values(id=one.id, created_ms=one.created_ms, **_kept(one)))


async def change_issuer(conn: Conn, one: Issuer) -> None:
    await conn.execute(update(sso_issuers).where(sso_issuers.c.id == one.id).values(**_kept(one)))


async def remove_issuer(conn: Conn, issuer_id: int) -> None:
    """Delete an issuer with all its identities."""
    await conn.execute(delete(identities).where(identities.c.issuer_id == issuer_id))
    await conn.execute(delete(sso_issuers).where(sso_issuers.c.id == issuer_id))


async def find_issuer(conn: Conn, issuer_id: int) -> Issuer | None:
    row = (await conn.execute(select(sso_issuers).where(sso_issuers.c.id == issuer_id))).one_or_none()
    return _issuer(row) if row else None


async def lock_issuer(conn: Conn, issuer_id: int) -> None:
    """Wait for others who come from the same issuer: nobody's account is made twice. SQLite has one writer anyway."""
    await conn.execute(select(sso_issuers.c.id).where(sso_issuers.c.id == issuer_id).with_for_update())


async def list_issuers(conn: Conn, *, only_enabled: bool = False, limit: int = 1000) -> list[Issuer]:
    """Issuers in the order in which they were added."""
    query = select(sso_issuers).order_by(sso_issuers.c.id).limit(limit)
    if only_enabled:
        query = query.where(sso_issuers.c.is_enabled.is_(True))
    return [_issuer(row) for row in await conn.execute(query)]


async def add_identity(conn: Conn, one: Identity) -> None:
    await conn.execute(insert(identities).values(**asdict(one)))


async def find_identity(conn: Conn, issuer_id: int, subject: str) -> Identity | None:
    query = select(identities).where(identities.c.issuer_id == issuer_id, identities.c.subject == subject)
    row = (await conn.execute(query)).one_or_none()
    return _identity(row) if row else None


async def list_own_identities(conn: Conn, user_id: UserId) -> list[Identity]:
    query = select(identities).where(identities.c.user_id == user_id).order_by(identities.c.id)
    return [_identity(row) for row in await conn.execute(query)]


async def note_identity_use(conn: Conn, identity_id: int, *, email: str | None, now_ms: int) -> None:
    await conn.execute(
        update(identities).where(identities.c.id == identity_id).values(email=email, last_used_ms=now_ms)
    )


async def remove_identity(conn: Conn, identity_id: int) -> None:
    await conn.execute(delete(identities).where(identities.c.id == identity_id))


async def count_identities(conn: Conn, issuer_id: int) -> int:
    query = select(func.count()).select_from(identities).where(identities.c.issuer_id == issuer_id)
    return int((await conn.execute(query)).scalar_one())


def _kept(one: Issuer) -> dict[str, object]:
    return {
        "name": one.name,
        "url": one.url,
        "client_id": one.client_id,
        "sealed_secret": one.sealed_secret,
        "scopes": json.dumps(one.scopes),
        "role_claim": one.role_claim,
        "role_map": json.dumps(one.role_map),
        "default_role": one.default_role,
        "domains": json.dumps(one.domains),
        "is_enabled": one.is_enabled,
    }


def _issuer(row: Row[tuple[object, ...]]) -> Issuer:
    r = row._mapping
    return Issuer(
        id=r["id"],
        name=r["name"],
        url=r["url"],
        client_id=r["client_id"],
        scopes=tuple(json.loads(r["scopes"])),
        role_claim=r["role_claim"],
        role_map={value: Role(role) for value, role in json.loads(r["role_map"]).items()},
        default_role=Role(r["default_role"]),
        domains=tuple(json.loads(r["domains"])),
        is_enabled=r["is_enabled"],
        created_ms=r["created_ms"],
        sealed_secret=r["sealed_secret"],
    )


def _identity(row: Row[tuple[object, ...]]) -> Identity:
    return Identity(**row._asdict())
