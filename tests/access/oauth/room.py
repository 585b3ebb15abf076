"""The authorization server of the tests: the real one, on a stopped clock, with people and applications at hand."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from aigne_hub.access.identity import Caller, Role, Scope, User, UserKind
from aigne_hub.access.keys import Keys
from aigne_hub.access.oauth.authorization_request import checked_request, verified
from aigne_hub.access.oauth.clients import ClientDraft
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Grant, Issued, NewClient
from aigne_hub.access.oauth.server import authorization_server
from aigne_hub.access.snapshot import AccessSnapshot
from aigne_hub.access.tickets.desk import TicketDesk
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM, Actor, Filter, Row
from aigne_hub.audit.store import list_rows
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import NotSignedIn
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn, Database
from aigne_hub.db.versions import read_versions
from tests.oauth_app import answered, challenge_of

ISSUER = "https://hub.example"
CALLBACK = "https://app.example/cb"
SCOPES = frozenset({Scope.inference, Scope.models_read})
ANYONE = Actor("anyone", address="192.0.2.7")
ALL_GRANTS = frozenset(Grant) - {Grant.client_credentials}


@dataclass
class Room:
    database: Database
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.vault = Vault(bytes(32))
        self.ids, self.journal = IdSource(self.clock, 1), Journal(self.vault, self.clock)
        self.users = Users(self.clock, self.ids, self.journal)
        self.keys = Keys(self.vault, self.clock, self.ids, self.journal)
        tickets = TicketDesk(self.vault, self.clock, self.ids)
        self.server = authorization_server(self.vault, self.clock, self.ids, self.journal, tickets)
        self.access = AccessSnapshot(self.vault, self.clock, stale_s=1e9)

    async def user(self, name: str = "Ada", role: Role = Role.member, kind: UserKind = UserKind.person) -> User:
        async with self.database.write() as conn:
            return await self.users.add(conn, SYSTEM, name, role=role, kind=kind)

    async def client(self, **changes: Any) -> NewClient:
        values = {"is_public": False, "redirect_uris": (CALLBACK,), "grants": ALL_GRANTS, "scopes": SCOPES, **changes}
        async with self.database.write() as conn:
            return await self.server.clients.create(conn, SYSTEM, ClientDraft(values.pop("name", "App"), **values))

    async def machine(self, user: User | None = None) -> NewClient:
        account = user or await self.user("Robot", kind=UserKind.service)
        return await self.client(grants=frozenset({Grant.client_credentials}), service_account_id=account.id)

    async def ticket(self, made: NewClient, verifier: str, **changes: str) -> str:
        """The ticket of an authorization request that waits for its person."""
        asked = Parameters(
            {
                "client_id": made.client.client_id,
                "redirect_uri": CALLBACK,
                "response_type": "code",
                "code_challenge": challenge_of(verifier),
                "code_challenge_method": "S256",
                "state": "s1",
                **changes,
            }.items()
        )
        async with self.database.write() as conn:
            client, place = await verified(conn, asked, ISSUER)
            return await self.server.consents.ask(conn, checked_request(asked, client, place))

    async def code(self, made: NewClient, user: User, verifier: str, **changes: str) -> str:
        ticket = await self.ticket(made, verifier, **changes)
        async with self.database.write() as conn:
            url = await self.server.consents.answer(conn, ANYONE, ticket, user, is_allowed=True)
        return answered(url)["code"]

    async def redeem(self, made: NewClient, **form: str) -> Issued | OAuthError:
        """A token request as the endpoint makes one: what is returned is committed, what is raised is not."""
        try:
            async with self.database.write() as conn:
                return await self.server.redeem(conn, ANYONE, made.client, Parameters(form.items()), ISSUER)
        except OAuthError as error:
            return error

    async def redeem_code(self, made: NewClient, code: str, verifier: str, **form: str) -> Issued | OAuthError:
        known = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": verifier}
        return await self.redeem(made, **{**known, "code": code, **form})

    async def refresh(self, made: NewClient, token: str | None, **form: str) -> Issued | OAuthError:
        return await self.redeem(made, grant_type="refresh_token", refresh_token=token or "", **form)

    async def issued(self, made: NewClient, user: User, **changes: str) -> Issued:
        """The tokens of a whole code flow."""
        verifier = secrets.token_urlsafe(48)
        outcome = await self.redeem_code(made, await self.code(made, user, verifier, **changes), verifier)
        assert isinstance(outcome, Issued), outcome
        return outcome

    async def caller(self, access: str) -> Caller | None:
        """Who calls with a token, as the hot path sees it; None when it is refused."""
        async with self.database.read() as conn:
            await self.access.load(conn, (await read_versions(conn))[AccessSnapshot.counter])
        self.access.confirm()
        try:
            return self.access.identify(access)
        except NotSignedIn:
            return None

    async def journal_of(self, action: str) -> list[Row]:
        async with self.database.read() as conn:
            return await list_rows(conn, Filter(action=action), before_seq=None, limit=100)


def code_of(outcome: Issued | OAuthError) -> str:
    """The RFC's word for an error."""
    assert isinstance(outcome, OAuthError), outcome
    return outcome.code


def good(outcome: Issued | OAuthError) -> Issued:
    assert isinstance(outcome, Issued), outcome
    return outcome


__all__ = ["ANYONE", "CALLBACK", "ISSUER", "SCOPES", "Conn", "Room", "code_of", "good"]
