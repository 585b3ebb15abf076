"""The authorization code lives here: one minute, one use, one client (RFC 6749 section 4.1, RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth.authorization_request import AuthorizationRequest
from aigne_hub.access.oauth.errors import OAuthError, invalid_grant
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Authorization, Client, Grant, Issued
from aigne_hub.access.oauth.tokens import Tokens
from aigne_hub.access.tickets.desk import Purpose, TicketDesk, TicketRefused, payload_of
from aigne_hub.audit.records import Actor
from aigne_hub.db.engine import Conn

CODE_S = 60
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1


class AuthorizationCodes:
    """Each function is one step of its caller's transaction."""

    def __init__(self, tickets: TicketDesk, tokens: Tokens) -> None:
        self._tickets = tickets
        self._tokens = tokens

    async def issue(
        self, conn: Conn, request: AuthorizationRequest, authorization: Authorization, scopes: frozenset[Scope]
    ) -> str:
        payload = {**request.as_payload(), "scopes": sorted(scopes), "authorization": authorization.id}
        _, code = await self._tickets.issue(conn, Purpose.code, payload, ttl_s=CODE_S)
        return code

    async def redeem(self, conn: Conn, by: Actor, client: Client, asked: Parameters) -> Issued | OAuthError:
        """Tokens for a code (RFC 6749 section 4.1.3). A code shown again ends the tokens it gave (4.1.2)."""
        code = asked.need("code")
        try:
            ticket = await self._tickets.peek(conn, Purpose.code, code)
        except TicketRefused as refused:
            return await self._refuse(conn, by, client, refused)
        payload = payload_of(ticket)
        problem = _mismatch(AuthorizationRequest.of_payload(payload), client, asked)
        if problem is not None:
            return invalid_grant(problem, client_id=str(client.id))
        try:
            await self._tickets.redeem(conn, Purpose.code, code)
        except TicketRefused as refused:
            return await self._refuse(conn, by, client, refused)
        return await self._tokens.issue(
            conn,
            by,
            client,
            payload["authorization"],
            grant=Grant.authorization_code,
            family_id=ticket.id,
            scopes=frozenset(map(Scope, payload["scopes"])),
        )

    async def _refuse(self, conn: Conn, by: Actor, client: Client, refused: TicketRefused) -> OAuthError:
        ticket = refused.ticket
        if ticket is not None and ticket.used_ms is not None and payload_of(ticket)["client"] == client.id:
            await self._tokens.end_family(conn, by, client, ticket.id, reason="its code was shown twice")
        return invalid_grant("the code is not valid, or not any more", client_id=str(client.id))


def _mismatch(request: AuthorizationRequest, client: Client, asked: Parameters) -> str | None:
    """What of a token request does not fit the request that its code was given for."""
    if request.client_row != client.id:
        return "the code is not valid, or not any more"
    given = asked.get("redirect_uri")
    if given != request.place.redirect_uri and (given is not None or request.is_redirect_given):
        return "redirect_uri is not the one of the authorization request"
    verifier = asked.get("code_verifier") or ""
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(_challenge(verifier), request.challenge):
        return "code_verifier does not fit the code_challenge"
    return None


def _challenge(verifier: str) -> str:
    """RFC 7636 section 4.2, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
