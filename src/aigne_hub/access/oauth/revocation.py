"""Giving a token back lives here (RFC 7009)."""

from __future__ import annotations

from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.clients import client_target
from aigne_hub.access.oauth.errors import unauthorized_client
from aigne_hub.access.oauth.records import Client, TokenKind
from aigne_hub.access.oauth.tokens import Tokens
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.db.engine import Conn


class Revocations:
    """Each function is one step of its caller's transaction."""

    def __init__(self, clock: Clock, tokens: Tokens, journal: Journal) -> None:
        self._clock = clock
        self._tokens = tokens
        self._journal = journal

    async def revoke(self, conn: Conn, by: Actor, client: Client, secret: str) -> None:
        """End a client's own token: a refresh token with all that came of it, an access token alone.

        One that is unknown or has ended is well revoked (section 2.2). Raises OAuthError for another client's.
        """
        await store.hold(conn)
        token = await self._tokens.find(conn, secret)
        if token is None:
            return
        if token.client_row != client.id:
            raise unauthorized_client("this token was given to another client", client_id=str(client.id))
        if token.kind is TokenKind.refresh:
            await self._tokens.end_family(conn, by, client, token.family_id, reason="the client gave it back")
        elif await store.revoke_token(conn, token.id, self._clock.now_ms()):
            await self._journal.note(conn, by, "token.revoke", client_target(client), after={"token_id": str(token.id)})
