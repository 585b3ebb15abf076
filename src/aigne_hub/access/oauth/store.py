"""The rows of OAuth clients, authorizations, tokens and device requests live here."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from sqlalchemy import Row, select

from aigne_hub.access.identity import Means, Pass, Rights, Role, Scope, UserId
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import authorizations, tokens


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token as it is kept, with the user it acts for."""

    id: int
    user_id: UserId
    digest: bytes = field(repr=False)
    scopes: frozenset[Scope]
    expires_ms: int
    revoked_ms: int | None

    def as_pass(self) -> Pass:
        # Its role is its user's: only the scopes narrow a token.
        return Pass(Means.token, self.id, self.user_id, Role.owner, Rights(scopes=self.scopes), self.expires_ms)


async def access_tokens_since(conn: Conn, version: int, *, after: int, live_at: int, limit: int) -> list[AccessToken]:
    """Access tokens changed after `version` that have not expired, in order of id from `after` on."""
    query = (
        select(tokens, authorizations.c.user_id)
        .join(authorizations, tokens.c.authorization_id == authorizations.c.id)
        .where(
            tokens.c.version > version,
            tokens.c.id > after,
            tokens.c.kind == "access",
            tokens.c.expires_ms > live_at,
        )
        .order_by(tokens.c.id)
        .limit(limit)
    )
    return [_access_token(row) for row in await conn.execute(query)]


def _access_token(row: Row[tuple[object, ...]]) -> AccessToken:
    r = row._mapping
    return AccessToken(
        id=r["id"],
        user_id=UserId(r["user_id"]),
        digest=r["digest"],
        scopes=frozenset(map(Scope, json.loads(r["scopes"]))),
        expires_ms=r["expires_ms"],
        revoked_ms=r["revoked_ms"],
    )
