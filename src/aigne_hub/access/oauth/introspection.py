"""Telling a client of its token lives here (RFC 7662)."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.access.identity import User
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.records import Client, Token
from aigne_hub.access.oauth.tokens import Tokens, live_user
from aigne_hub.base.clock import Clock
from aigne_hub.db.engine import Conn


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token that works now, whom it acts for, and which client has it."""

    token: Token
    user: User
    client: Client


class Introspection:
    def __init__(self, clock: Clock, tokens: Tokens) -> None:
        self._clock = clock
        self._tokens = tokens

    async def look(self, conn: Conn, secret: str, *, asking: Client | None) -> LiveToken | None:
        """A token that works now; of those of other clients than `asking` nothing is told (section 4).

        None asks for an admin, who may know of all.
        """
        token = await self._tokens.find(conn, secret)
        if token is None or not token.is_live(self._clock.now_ms()):
            return None
        if asking is not None and token.client_row != asking.id:
            return None
        client = await store.find_client(conn, token.client_row)
        user = await live_user(conn, token.user_id)
        if client is None or not client.is_live or user is None:
            return None
        return LiveToken(token, user, client)
