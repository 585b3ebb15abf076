"""The rows of trusted issuers live here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Row, delete, func, insert, select, update

from aigne_hub.access.identity import Scope, UserId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import trusted_issuers
from aigne_hub.db.versions import bump


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer of JWTs. `url` is its `iss`, `subjects` says which user a value of `subject_claim` is."""

    id: int
    name: str
    url: str
    audience: str
    jwks_url: str | None
    algorithms: tuple[str, ...]
    subject_claim: str
    subjects: Mapping[str, UserId]
    scopes: frozenset[Scope]
    is_enabled: bool
    created_ms: int


async def add(conn: Conn, issuer: TrustedIssuer, *, counter: str) -> None:
    await conn.execute(
        insert(trusted_issuers).values(
            id=issuer.id, created_ms=issuer.created_ms, version=await bump(conn, counter), **_kept(issuer)
        )
    )


async def change(conn: Conn, issuer: TrustedIssuer, *, counter: str) -> None:
    await conn.execute(
        update(trusted_issuers)
        .where(trusted_issuers.c.id == issuer.id)
        .values(version=await bump(conn, counter), **_kept(issuer))
    )


async def remove(conn: Conn, issuer_id: int, *, counter: str) -> None:
    await bump(conn, counter)
    await conn.execute(delete(trusted_issuers).where(trusted_issuers.c.id == issuer_id))


async def find(conn: Conn, issuer_id: int) -> TrustedIssuer | None:
    row = (await conn.execute(select(trusted_issuers).where(trusted_issuers.c.id == issuer_id))).one_or_none()
    return _issuer(row) if row else None


async def find_by_url(conn: Conn, url: str) -> TrustedIssuer | None:
    row = (await conn.execute(select(trusted_issuers).where(trusted_issuers.c.url == url))).one_or_none()
    return _issuer(row) if row else None


async def list_all(conn: Conn) -> list[TrustedIssuer]:
    """All issuers, newest first: they are few."""
    query = select(trusted_issuers).order_by(trusted_issuers.c.id.desc())
    return [_issuer(row) for row in await conn.execute(query)]


async def state_of_all(conn: Conn) -> tuple[int, int]:
    """How many issuers there are, and the newest version: the same at two times only when all of them are.

    Versions only grow, so rows that are not newer than the newest seen before were all there then.
    """
    query = select(func.count(), func.coalesce(func.max(trusted_issuers.c.version), 0)).select_from(trusted_issuers)
    many, newest = (await conn.execute(query)).one()
    return many, newest


def _kept(issuer: TrustedIssuer) -> dict[str, object]:
    return {
        "name": issuer.name,
        "url": issuer.url,
        "audience": issuer.audience,
        "jwks_url": issuer.jwks_url,
        "algorithms": json.dumps(issuer.algorithms),
        "subject_claim": issuer.subject_claim,
        "subjects": json.dumps(dict(issuer.subjects)),
        "scopes": json.dumps(sorted(issuer.scopes)),
        "is_enabled": issuer.is_enabled,
    }


def _issuer(row: Row[tuple[object, ...]]) -> TrustedIssuer:
    r = row._mapping
    return TrustedIssuer(
        id=r["id"],
        name=r["name"],
        url=r["url"],
        audience=r["audience"],
        jwks_url=r["jwks_url"],
        algorithms=tuple(json.loads(r["algorithms"])),
        subject_claim=r["subject_claim"],
        subjects={value: UserId(user) for value, user in json.loads(r["subjects"]).items()},
        scopes=frozenset(map(Scope, json.loads(r["scopes"]))),
        is_enabled=r["is_enabled"],
        created_ms=r["created_ms"],
    )
