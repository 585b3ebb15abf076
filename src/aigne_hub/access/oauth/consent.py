"""Asking the person lives here: a request waits for them, and they allow it or not."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.access.identity import Scope, User
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.authorization_code import AuthorizationCodes
from aigne_hub.access.oauth.authorization_request import AuthorizationRequest
from aigne_hub.access.oauth.authorizations import Authorizations
from aigne_hub.access.oauth.clients import client_target
from aigne_hub.access.oauth.errors import OAuthError, Unverified
from aigne_hub.access.oauth.records import Client
from aigne_hub.access.oauth.redirects import is_registered
from aigne_hub.access.oauth.scopes import useful_scopes
from aigne_hub.access.tickets.desk import Purpose, TicketDesk, payload_of
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor
from aigne_hub.db.engine import Conn

ASKED_S = 600


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: whether `client` may do `scopes` in their name."""

    client: Client
    scopes: frozenset[Scope]
    redirect_uri: str
    is_known: bool


class Consents:
    """Each function is one step of its caller's transaction; the answers are noted in the journal."""

    def __init__(
        self, tickets: TicketDesk, codes: AuthorizationCodes, authorizations: Authorizations, journal: Journal
    ) -> None:
        self._tickets = tickets
        self._codes = codes
        self._authorizations = authorizations
        self._journal = journal

    async def ask(self, conn: Conn, request: AuthorizationRequest) -> str:
        """Keep a request for ten minutes; the ticket by which the person's page finds it."""
        _, ticket = await self._tickets.issue(conn, Purpose.consent, request.as_payload(), ttl_s=ASKED_S)
        return ticket

    async def open(self, conn: Conn, ticket: str, user: User) -> Question:
        """Raises TicketRefused, or Unverified when the client has changed meanwhile."""
        request = AuthorizationRequest.of_payload(payload_of(await self._tickets.peek(conn, Purpose.consent, ticket)))
        client = await _still_verified(conn, request)
        scopes = useful_scopes(request.scopes, user)
        is_known = await self._authorizations.is_known(conn, user.id, client, scopes)
        return Question(client, scopes, request.place.redirect_uri, is_known)

    async def answer(self, conn: Conn, by: Actor, ticket: str, user: User, *, is_allowed: bool) -> str:
        """Where the person's browser goes now: back to the client, with a code or a refusal."""
        payload = await self._tickets.redeem(conn, Purpose.consent, ticket)
        request = AuthorizationRequest.of_payload(payload)
        client = await _still_verified(conn, request)
        scopes = useful_scopes(request.scopes, user)
        if not is_allowed or not scopes:
            await self._journal.note(conn, by, "authorization.deny", client_target(client))
            reason = "the person said no" if scopes else "the person may not allow this"
            return request.place.refusal(OAuthError("access_denied", reason))
        authorization = await self._authorizations.allow(conn, by, client, user.id, scopes)
        code = await self._codes.issue(conn, request, authorization, scopes)
        return request.place.url({"code": code})


async def _still_verified(conn: Conn, request: AuthorizationRequest) -> Client:
    client = await store.find_client(conn, request.client_row)
    if client is None or not client.is_live or not is_registered(request.place.redirect_uri, client.redirect_uris):
        raise Unverified("the application that asked is not known to this hub any more")
    return client
