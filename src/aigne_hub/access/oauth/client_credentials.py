"""A client acting for itself lives here, as its service account (RFC 6749 section 4.4)."""

from __future__ import annotations

from aigne_hub.access.oauth.authorizations import Authorizations
from aigne_hub.access.oauth.errors import OAuthError, invalid_grant
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Client, Grant, Issued
from aigne_hub.access.oauth.scopes import wanted_scopes
from aigne_hub.access.oauth.tokens import Tokens, live_user
from aigne_hub.audit.records import Actor
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn


class ClientCredentials:
    """Each function is one step of its caller's transaction."""

    def __init__(self, ids: IdSource, tokens: Tokens, authorizations: Authorizations) -> None:
        self._ids = ids
        self._tokens = tokens
        self._authorizations = authorizations

    async def redeem(self, conn: Conn, by: Actor, client: Client, asked: Parameters) -> Issued | OAuthError:
        """An access token of the client's service account; no refresh token (RFC 6749 section 4.4.3)."""
        scopes = wanted_scopes(asked.get("scope"), client.scopes)
        user = None if client.service_account_id is None else await live_user(conn, client.service_account_id)
        if user is None:
            return invalid_grant("the client's service account is disabled", client_id=str(client.id))
        authorization = await self._authorizations.allow(conn, by, client, user.id, client.scopes)
        return await self._tokens.issue(
            conn,
            by,
            client,
            authorization.id,
            grant=Grant.client_credentials,
            family_id=self._ids.new(),
            scopes=scopes,
        )
