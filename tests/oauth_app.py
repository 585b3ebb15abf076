"""An application of the tests: it asks for access as any OAuth client does, and a person at the console answers."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from aigne_hub.access.identity import Scope, User
from aigne_hub.access.oauth.clients import ClientDraft
from aigne_hub.access.oauth.records import Grant, NewClient
from aigne_hub.audit.records import SYSTEM, Filter, Outcome
from aigne_hub.audit.store import list_rows
from tests.running import RunningHub

CALLBACK = "http://127.0.0.1:9/cb"
SCOPES = frozenset({Scope.inference, Scope.models_read})
ALL_GRANTS = frozenset(Grant) - {Grant.client_credentials}


@dataclass
class App:
    """A registered client at a running hub. `state` and the verifier are those of its last request."""

    hub: RunningHub
    made: NewClient
    redirect_uri: str = CALLBACK
    verifier: str = field(default="", repr=False)
    state: str = ""

    @property
    def client_id(self) -> str:
        return self.made.client.client_id

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None leaves one out."""
        self.verifier, self.state = secrets.token_urlsafe(48), secrets.token_urlsafe(8)
        values = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "inference models.read",
            "state": self.state,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in values.items() if value is not None}

    async def authorize(self, **changes: str | None) -> httpx.Response:
        return await self.hub.http.get("/oauth/authorize", params=self.request(**changes))

    async def ticket(self, **changes: str | None) -> str:
        answer = await self.authorize(**changes)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"].removeprefix("/consent?request=")

    async def consent(self, user: User | None = None, *, allow: bool = True, ticket: str = "") -> dict[str, str]:
        """What comes back to the application once a person has answered."""
        ticket, headers = ticket or await self.ticket(), await self.hub.signed_in(user or self.hub.member)
        answer = await self.hub.http.post(f"/api/oauth/requests/{ticket}", json={"allow": allow}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answered(answer.json()["redirect"])

    async def token(self, **form: str) -> httpx.Response:
        """A token request, with what the client shows of itself."""
        return await self.post("/oauth/token", **form)

    async def post(self, path: str, **form: str) -> httpx.Response:
        secret = self.made.secret
        own = {"client_id": self.client_id, **({"client_secret": secret} if secret else {})}
        return await self.hub.http.post(path, data={**own, **form})

    async def redeem(self, code: str, **form: str) -> httpx.Response:
        known = {"grant_type": "authorization_code", "redirect_uri": self.redirect_uri, "code_verifier": self.verifier}
        return await self.token(**{**known, "code": code, **form})

    async def refresh(self, token: str, **form: str) -> httpx.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token, **form)

    async def tokens(self, user: User | None = None, **changes: str | None) -> dict[str, Any]:
        """The tokens of a whole flow."""
        back = await self.consent(user, ticket=await self.ticket(**changes))
        answer = await self.redeem(back["code"])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def register(
    hub: RunningHub,
    *,
    is_public: bool = True,
    redirect_uris: tuple[str, ...] = (CALLBACK,),
    scopes: frozenset[Scope] = SCOPES,
    grants: frozenset[Grant] = ALL_GRANTS,
    **more: Any,
) -> App:
    draft = ClientDraft("Test app", is_public, redirect_uris, grants, scopes, **more)
    async with hub.house.database.write() as conn:
        made = await hub.house.oauth.clients.create(conn, SYSTEM, draft)
    return App(hub, made, redirect_uris[0] if redirect_uris else "")


def answered(url: str) -> dict[str, str]:
    """The parameters of a redirect."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def refusals(hub: RunningHub, action: str = "oauth.refuse") -> list[str | None]:
    """What the journal says of refusals, newest first."""
    async with hub.house.database.read() as conn:
        rows = await list_rows(conn, Filter(action=action, outcome=Outcome.refused), before_seq=None, limit=100)
    return [row.after for row in rows]
