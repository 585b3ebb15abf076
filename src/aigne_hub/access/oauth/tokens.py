"""Tokens live here: opaque secrets, kept as keyed hashes, in families that end together."""

from __future__ import annotations

import secrets

from aigne_hub.access import store as user_store
from aigne_hub.access.identity import Scope, User, UserId
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.clients import client_target
from aigne_hub.access.oauth.errors import invalid_grant
from aigne_hub.access.oauth.records import Authorization, Client, Grant, Issued, Token, TokenKind
from aigne_hub.access.oauth.scopes import useful_scopes
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import REFRESH_PREFIX, TOKEN_PREFIX, IdSource, ms_of
from aigne_hub.db.engine import Conn

ACCESS_S = 3600
REFRESH_S = 30 * 86_400
FAMILY_S = 90 * 86_400
"""How long all that comes of one grant lives, however often it is refreshed; then the person is asked again.

Refreshing would otherwise go on for ever: RFC 9700 section 4.14.2 bounds only how long a token may lie unused.
It counts from when the code was given, or the device began to ask.
"""
_LONGEST = 200


class Tokens:
    """Each function is one step of its caller's transaction, which has made all others wait (`store.hold`)."""

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def issue(
        self,
        conn: Conn,
        by: Actor,
        client: Client,
        authorization_id: int,
        *,
        grant: Grant,
        family_id: int,
        scopes: frozenset[Scope],
        kept_scopes: frozenset[Scope] | None = None,
    ) -> Issued:
        """Tokens under an authorization. Raises OAuthError, so that nothing is used up, when that has ended.

        `family_id` is an id made when the grant was: the family's age is read from it.
        A refresh token, with `kept_scopes` if its scopes are wider, for a client that may refresh.
        """
        authorization = await store.authorization_by_id(conn, authorization_id)
        user = None if authorization is None else await user_store.find_user(conn, authorization.user_id)
        if authorization is None or authorization.ended_ms is not None or user is None or user.disabled_ms is not None:
            raise invalid_grant("what allowed this has ended", client_id=str(client.id))
        scopes = useful_scopes(scopes & client.scopes, user)
        if not scopes:
            raise invalid_grant("nothing of what was allowed is still allowed", client_id=str(client.id))
        now_ms = self._clock.now_ms()
        access, refresh = TOKEN_PREFIX + secrets.token_urlsafe(32), None
        token = self._new(authorization, family_id, TokenKind.access, scopes, now_ms)
        await store.add_token(conn, token, self._vault.digest(access))
        if Grant.refresh_token in client.grants and grant is not Grant.client_credentials:
            refresh = REFRESH_PREFIX + secrets.token_urlsafe(32)
            kept = self._new(authorization, family_id, TokenKind.refresh, kept_scopes or scopes, now_ms)
            await store.add_token(conn, kept, self._vault.digest(refresh))
        await store.touch_authorization(conn, authorization.id, now_ms)
        await self._journal.note(
            conn,
            by,
            "token.issue",
            client_target(client),
            after={"grant": grant, "user": str(user.id), "scopes": sorted(scopes), "family": str(family_id)},
        )
        return Issued(access, refresh, scopes, (token.expires_ms - now_ms) // 1000)

    async def find(self, conn: Conn, secret: str) -> Token | None:
        """The token a secret stands for, whatever its state."""
        if len(secret) > _LONGEST or not secret.startswith((TOKEN_PREFIX, REFRESH_PREFIX)):
            return None
        return await store.find_token(conn, self._vault.digest(secret))

    async def end_family(self, conn: Conn, by: Actor, client: Client, family_id: int, *, reason: str) -> None:
        """End every token that came of one grant."""
        ended = await store.revoke_family(conn, family_id, self._clock.now_ms())
        if ended:
            await self._journal.note(
                conn,
                by,
                "token.revoke_family",
                client_target(client),
                after={"family": str(family_id), "tokens_ended": ended, "reason": reason},
            )

    def _new(
        self, authorization: Authorization, family_id: int, kind: TokenKind, scopes: frozenset[Scope], now_ms: int
    ) -> Token:
        life_s = ACCESS_S if kind is TokenKind.access else REFRESH_S
        return Token(
            id=self._ids.new(),
            authorization_id=authorization.id,
            family_id=family_id,
            kind=kind,
            scopes=scopes,
            created_ms=now_ms,
            expires_ms=min(now_ms + life_s * 1000, ms_of(family_id) + FAMILY_S * 1000),
            used_ms=None,
            revoked_ms=None,
            user_id=authorization.user_id,
            client_row=authorization.client_row,
        )


async def live_user(conn: Conn, user_id: UserId) -> User | None:
    """A user who is there and not disabled."""
    user = await user_store.find_user(conn, user_id)
    return None if user is None or user.disabled_ms is not None else user
