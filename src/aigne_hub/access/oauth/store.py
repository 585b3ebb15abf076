"""The rows of OAuth clients, authorizations and tokens live here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, RowMapping, Select, delete, exists, func, insert, select, update

from aigne_hub.access.identity import Means, Pass, Rights, Role, Scope, UserId
from aigne_hub.access.oauth.records import Authorization, Client, DeviceStatus, Grant, Token, TokenKind
from aigne_hub.access.store import COUNTER
from aigne_hub.db import versions
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import authorizations, device_requests, oauth_clients, tokens

_NAME = re.compile(r"[\x20-\x7e]{1,64}")  # RFC 6749 appendix A.1


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
            tokens.c.kind == TokenKind.access,
            tokens.c.expires_ms > live_at,
        )
        .order_by(tokens.c.id)
        .limit(limit)
    )
    return [_access_token(row) for row in await conn.execute(query)]


async def hold(conn: Conn) -> None:
    """Let nobody else change what access depends on until this transaction ends."""
    await versions.hold(conn, COUNTER)


async def add_client(conn: Conn, client: Client) -> None:
    await conn.execute(
        insert(oauth_clients).values(
            id=client.id,
            client_id=client.client_id,
            is_public=client.is_public,
            is_dynamic=client.is_dynamic,
            created_ms=client.created_ms,
            **_kept(client),
        )
    )


async def change_client(conn: Conn, client: Client) -> None:
    """Write everything of a client that can change."""
    await conn.execute(update(oauth_clients).where(oauth_clients.c.id == client.id).values(**_kept(client)))


async def find_client(conn: Conn, row_id: int) -> Client | None:
    return await _client_where(conn, oauth_clients.c.id == row_id)


async def find_client_by_name(conn: Conn, client_id: str) -> Client | None:
    """A client by the `client_id` it is known by in the world; None also for what no client can be named."""
    if not _NAME.fullmatch(client_id):  # some databases cannot even be asked for every text
        return None
    return await _client_where(conn, oauth_clients.c.client_id == client_id)


async def list_clients(conn: Conn, *, before: int | None, limit: int) -> list[Client]:
    """Clients from the newest on."""
    query = select(oauth_clients).where(oauth_clients.c.removed_ms.is_(None))
    if before is not None:
        query = query.where(oauth_clients.c.id < before)
    return [_client(row._mapping) for row in await conn.execute(query.order_by(oauth_clients.c.id.desc()).limit(limit))]


async def count_dynamic(conn: Conn) -> int:
    """Clients that registered themselves."""
    query = (
        select(func.count())
        .select_from(oauth_clients)
        .where(oauth_clients.c.is_dynamic.is_(True), oauth_clients.c.removed_ms.is_(None))
    )
    return int((await conn.execute(query)).scalar_one())


async def find_authorization(conn: Conn, user_id: UserId, client_row: int) -> Authorization | None:
    """What a user lets a client do now."""
    query = select(authorizations).where(
        authorizations.c.user_id == user_id,
        authorizations.c.client_row == client_row,
        authorizations.c.ended_ms.is_(None),
    )
    row = (await conn.execute(query)).one_or_none()
    return _authorization(row._mapping) if row else None


async def authorization_by_id(conn: Conn, authorization_id: int) -> Authorization | None:
    row = (await conn.execute(select(authorizations).where(authorizations.c.id == authorization_id))).one_or_none()
    return _authorization(row._mapping) if row else None


async def put_authorization(conn: Conn, one: Authorization) -> None:
    """Add an authorization, or write all of it that can change."""
    values = {"scopes": _text(one.scopes), "last_used_ms": one.last_used_ms, "ended_ms": one.ended_ms}
    changed = await conn.execute(update(authorizations).where(authorizations.c.id == one.id).values(**values))
    if changed.rowcount == 0:
        await conn.execute(
            insert(authorizations).values(
                id=one.id, user_id=one.user_id, client_row=one.client_row, created_ms=one.created_ms, **values
            )
        )


async def list_authorizations(conn: Conn, user_id: UserId) -> list[tuple[Authorization, Client]]:
    """The clients a user lets act for them, newest first."""
    query = (
        select(authorizations, *(column.label(f"client_{column.name}") for column in oauth_clients.c))
        .join(oauth_clients, authorizations.c.client_row == oauth_clients.c.id)
        .where(
            authorizations.c.user_id == user_id,
            authorizations.c.ended_ms.is_(None),
            oauth_clients.c.removed_ms.is_(None),
        )
        .order_by(authorizations.c.id.desc())
        .limit(500)
    )
    rows = [row._mapping for row in await conn.execute(query)]
    return [(_authorization(r), _client(r, "client_")) for r in rows]


async def touch_authorization(conn: Conn, authorization_id: int, now_ms: int) -> None:
    await conn.execute(
        update(authorizations).where(authorizations.c.id == authorization_id).values(last_used_ms=now_ms)
    )


async def end_authorizations(conn: Conn, client_row: int, now_ms: int) -> None:
    """End what all users have with a client."""
    await conn.execute(
        update(authorizations)
        .where(authorizations.c.client_row == client_row, authorizations.c.ended_ms.is_(None))
        .values(ended_ms=now_ms)
    )


async def add_token(conn: Conn, token: Token, digest: bytes) -> None:
    await conn.execute(
        insert(tokens).values(
            id=token.id,
            authorization_id=token.authorization_id,
            family_id=token.family_id,
            kind=token.kind,
            digest=digest,
            scopes=_text(token.scopes),
            created_ms=token.created_ms,
            expires_ms=token.expires_ms,
            version=await versions.bump(conn, COUNTER),
        )
    )


async def find_token(conn: Conn, digest: bytes) -> Token | None:
    query = (
        select(tokens, authorizations.c.user_id, authorizations.c.client_row)
        .join(authorizations, tokens.c.authorization_id == authorizations.c.id)
        .where(tokens.c.digest == digest)
    )
    row = (await conn.execute(query)).one_or_none()
    return _token(row._mapping) if row else None


async def use_token(conn: Conn, token_id: int, now_ms: int) -> bool:
    """Mark a refresh token used; False when somebody else was first."""
    changed = await conn.execute(
        update(tokens)
        .where(tokens.c.id == token_id, tokens.c.used_ms.is_(None), tokens.c.revoked_ms.is_(None))
        .values(used_ms=now_ms)
    )
    return changed.rowcount == 1


async def revoke_token(conn: Conn, token_id: int, now_ms: int) -> int:
    return await _revoke(conn, tokens.c.id == token_id, now_ms)


async def revoke_family(conn: Conn, family_id: int, now_ms: int) -> int:
    return await _revoke(conn, tokens.c.family_id == family_id, now_ms)


async def revoke_of_authorization(conn: Conn, authorization_id: int, now_ms: int) -> int:
    return await _revoke(conn, tokens.c.authorization_id == authorization_id, now_ms)


async def revoke_of_client(conn: Conn, client_row: int, now_ms: int, *, kind: TokenKind | None = None) -> int:
    """End the tokens of a client, or those of one kind; how many there were."""
    mine = tokens.c.authorization_id.in_(_authorizations_of(client_row))
    return await _revoke(conn, mine if kind is None else mine & (tokens.c.kind == kind), now_ms)


async def forget_ended(conn: Conn, *, tokens_before: int, clients_before: int, unused_before: int) -> int:
    """Delete tokens that expired, clients that were removed, and self-registered clients nobody allowed.

    Authorizations go once they ended and their last token is gone.
    """
    gone = await conn.execute(delete(tokens).where(tokens.c.expires_ms < tokens_before))
    await conn.execute(
        delete(authorizations).where(
            authorizations.c.ended_ms < tokens_before,
            ~exists().where(tokens.c.authorization_id == authorizations.c.id),
        )
    )
    removed = await conn.execute(delete(oauth_clients).where(oauth_clients.c.removed_ms < clients_before))
    unused = await conn.execute(
        delete(oauth_clients).where(
            oauth_clients.c.is_dynamic.is_(True),
            oauth_clients.c.created_ms < unused_before,
            ~exists().where(authorizations.c.client_row == oauth_clients.c.id),
        )
    )
    return gone.rowcount + removed.rowcount + unused.rowcount


async def _revoke(conn: Conn, which: ColumnElement[bool], now_ms: int) -> int:
    version = await versions.bump(conn, COUNTER)
    changed = await conn.execute(
        update(tokens).where(which, tokens.c.revoked_ms.is_(None)).values(revoked_ms=now_ms, version=version)
    )
    return changed.rowcount


async def withdraw_devices(conn: Conn, user_id: UserId, client_row: int) -> None:
    """Deny the devices of a client that a user has allowed and that have not come for their tokens."""
    await conn.execute(
        update(device_requests)
        .where(
            device_requests.c.user_id == user_id,
            device_requests.c.client_row == client_row,
            device_requests.c.status == DeviceStatus.allowed,
        )
        .values(status=DeviceStatus.denied)
    )


def _authorizations_of(client_row: int) -> Select[tuple[int]]:
    return select(authorizations.c.id).where(authorizations.c.client_row == client_row)


async def _client_where(conn: Conn, which: ColumnElement[bool]) -> Client | None:
    row = (await conn.execute(select(oauth_clients).where(which))).one_or_none()
    return _client(row._mapping) if row else None


def _kept(client: Client) -> dict[str, object]:
    return {
        "name": client.name,
        "secret_digest": client.secret_digest,
        "secret_hint": client.secret_hint,
        "redirect_uris": json.dumps(client.redirect_uris),
        "grants": json.dumps(sorted(client.grants)),
        "scopes": _text(client.scopes),
        "service_account_id": client.service_account_id,
        "disabled_ms": client.disabled_ms,
        "removed_ms": client.removed_ms,
    }


def _client(r: RowMapping, prefix: str = "") -> Client:
    account = r[prefix + "service_account_id"]
    return Client(
        id=r[prefix + "id"],
        client_id=r[prefix + "client_id"],
        name=r[prefix + "name"],
        is_public=r[prefix + "is_public"],
        secret_digest=r[prefix + "secret_digest"],
        secret_hint=r[prefix + "secret_hint"],
        redirect_uris=tuple(json.loads(r[prefix + "redirect_uris"])),
        grants=frozenset(map(Grant, json.loads(r[prefix + "grants"]))),
        scopes=_scopes(r[prefix + "scopes"]),
        service_account_id=None if account is None else UserId(account),
        is_dynamic=r[prefix + "is_dynamic"],
        created_ms=r[prefix + "created_ms"],
        disabled_ms=r[prefix + "disabled_ms"],
        removed_ms=r[prefix + "removed_ms"],
    )


def _authorization(r: RowMapping) -> Authorization:
    return Authorization(
        id=r["id"],
        user_id=UserId(r["user_id"]),
        client_row=r["client_row"],
        scopes=_scopes(r["scopes"]),
        created_ms=r["created_ms"],
        last_used_ms=r["last_used_ms"],
        ended_ms=r["ended_ms"],
    )


def _token(r: RowMapping) -> Token:
    return Token(
        id=r["id"],
        authorization_id=r["authorization_id"],
        family_id=r["family_id"],
        kind=TokenKind(r["kind"]),
        scopes=_scopes(r["scopes"]),
        created_ms=r["created_ms"],
        expires_ms=r["expires_ms"],
        used_ms=r["used_ms"],
        revoked_ms=r["revoked_ms"],
        user_id=UserId(r["user_id"]),
        client_row=r["client_row"],
    )


def _access_token(row: Row[tuple[object, ...]]) -> AccessToken:
    r = row._mapping
    return AccessToken(
        id=r["id"],
        user_id=UserId(r["user_id"]),
        digest=r["digest"],
        scopes=_scopes(r["scopes"]),
        expires_ms=r["expires_ms"],
        revoked_ms=r["revoked_ms"],
    )


def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(map(Scope, json.loads(text)))


def _text(scopes: frozenset[Scope]) -> str:
    return json.dumps(sorted(scopes))
