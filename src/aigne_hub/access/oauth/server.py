"""The authorization server lives here: its parts, and which of them a token request is for."""

from __future__ import annotations

from dataclasses import dataclass

from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.authorization_code import AuthorizationCodes
from aigne_hub.access.oauth.authorizations import Authorizations
from aigne_hub.access.oauth.client_credentials import ClientCredentials
from aigne_hub.access.oauth.clients import Clients, client_actor, refuse_other_grant
from aigne_hub.access.oauth.consent import Consents
from aigne_hub.access.oauth.device.desk import DeviceDesk
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.introspection import Introspection
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Client, Grant, Issued
from aigne_hub.access.oauth.refresh import Refreshes
from aigne_hub.access.oauth.registration import Registration
from aigne_hub.access.oauth.revocation import Revocations
from aigne_hub.access.oauth.tokens import Tokens
from aigne_hub.access.tickets.desk import TicketDesk
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """RFC 6749 and what goes with it, a part for each RFC."""

    clients: Clients
    tokens: Tokens
    authorizations: Authorizations
    consents: Consents
    codes: AuthorizationCodes
    refreshes: Refreshes
    client_credentials: ClientCredentials
    devices: DeviceDesk
    revocations: Revocations
    introspection: Introspection
    registration: Registration

    async def redeem(
        self, conn: Conn, by: Actor, client: Client, asked: Parameters, issuer: str
    ) -> Issued | OAuthError:
        """Answer a token request of an authenticated client (RFC 6749 section 3.2).

        An error that is raised changes nothing; one that is returned comes with changes to be kept.
        """
        asked.refuse_repeated()
        asked.refuse_foreign_resource(issuer)
        grant = known_grant(asked.need("grant_type"))
        await store.hold(conn)
        client = await self.clients.still(conn, client)
        refuse_other_grant(client, grant)
        actor = client_actor(client, by)
        if grant is Grant.authorization_code:
            return await self.codes.redeem(conn, actor, client, asked)
        if grant is Grant.refresh_token:
            return await self.refreshes.redeem(conn, actor, client, asked)
        if grant is Grant.device_code:
            return await self.devices.redeem(conn, actor, client, asked)
        return await self.client_credentials.redeem(conn, actor, client, asked)


def known_grant(name: str) -> Grant:
    try:
        return Grant(name)
    except ValueError:
        raise OAuthError("unsupported_grant_type", "grant_type is one of " + ", ".join(Grant)) from None


def authorization_server(
    vault: Vault, clock: Clock, ids: IdSource, journal: Journal, tickets: TicketDesk
) -> AuthorizationServer:
    """All parts, connected."""
    tokens = Tokens(vault, clock, ids, journal)
    authorizations = Authorizations(clock, ids, journal)
    codes = AuthorizationCodes(tickets, tokens)
    clients = Clients(vault, clock, ids, journal)
    return AuthorizationServer(
        clients=clients,
        tokens=tokens,
        authorizations=authorizations,
        consents=Consents(tickets, codes, authorizations, journal),
        codes=codes,
        refreshes=Refreshes(clock, tokens),
        client_credentials=ClientCredentials(ids, tokens, authorizations),
        devices=DeviceDesk(vault, clock, ids, tokens, authorizations, journal),
        revocations=Revocations(clock, tokens, journal),
        introspection=Introspection(clock, tokens),
        registration=Registration(clients),
    )
