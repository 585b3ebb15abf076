"""Refreshing lives here: each refresh token is good once, and used twice it ends its family (RFC 6749 section 6)."""

from __future__ import annotations

from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.errors import OAuthError, invalid_grant
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Client, Grant, Issued, TokenKind
from aigne_hub.access.oauth.scopes import wanted_scopes
from aigne_hub.access.oauth.tokens import Tokens
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.db.engine import Conn


class Refreshes:
    """Each function is one step of its caller's transaction."""

    def __init__(self, clock: Clock, tokens: Tokens) -> None:
        self._clock = clock
        self._tokens = tokens

    async def redeem(self, conn: Conn, by: Actor, client: Client, asked: Parameters) -> Issued | OAuthError:
        """Other tokens for a refresh token, with the same scopes or some of them.

        One that was used before is in two hands: whoever has the family loses it (RFC 9700 section 4.14.2).
        """
        refusal = invalid_grant("the refresh token is not valid, or not any more", client_id=str(client.id))
        token = await self._tokens.find(conn, asked.need("refresh_token"))
        if token is None or token.kind is not TokenKind.refresh or token.client_row != client.id:
            return refusal
        now_ms = self._clock.now_ms()
        if token.used_ms is not None:
            await self._tokens.end_family(conn, by, client, token.family_id, reason="a refresh token was used twice")
            return refusal
        if not token.is_live(now_ms):
            return refusal
        scopes = wanted_scopes(asked.get("scope"), token.scopes)
        if not await store.use_token(conn, token.id, now_ms):
            await self._tokens.end_family(conn, by, client, token.family_id, reason="a refresh token was used twice")
            return refusal
        return await self._tokens.issue(
            conn,
            by,
            client,
            token.authorization_id,
            grant=Grant.refresh_token,
            family_id=token.family_id,
            scopes=scopes,
            kept_scopes=token.scopes,
        )
