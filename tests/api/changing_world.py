"""A hub in which everything can be changed that its control plane changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aigne_hub.access.identity import Role, User, UserKind
from aigne_hub.access.signin import store as signin_store
from aigne_hub.audit.records import SYSTEM
from tests.authenticator import Authenticator
from tests.issuer import FakeIssuer
from tests.running import RunningHub

PASSWORD, ANOTHER = "correct horse battery", "another horse battery"
UPSTREAM_KEY, CLIENT_SECRET = "sk-journal-0123456789", "a secret of the issuer"
NEW_CLIENT = {"name": "C", "isPublic": False, "redirectUris": ["https://app.example/cb"]}
CONNECT = "/.well-known/service/api/access-key"


@dataclass
class World:
    """A hub, its owner's headers, and people who come as they are needed."""

    hub: RunningHub
    issuer: FakeIssuer
    owner: dict[str, str]
    people: int = 0
    prefix: str = "/api/ai-providers"
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, ANOTHER, UPSTREAM_KEY, CLIENT_SECRET})

    async def person(self, *, role: Role = Role.member) -> tuple[User, dict[str, str]]:
        """Somebody with a password and a session."""
        self.people += 1
        name = f"person {self.people}"
        hashed = await self.hub.house.sign_in.hash_new(PASSWORD, name=name, email=None)
        async with self.hub.house.database.write() as conn:
            email = f"p{self.people}@example.com"
            user = await self.hub.house.users.add(conn, SYSTEM, name, role=role, email=email)
            await signin_store.set_password(conn, user.id, hashed)
        return user, await self.hub.signed_in(user)

    async def done(self, method: str, path: str, **more: Any) -> Any:
        """Something that has to be there first; the owner does it unless others are named."""
        answer = await self.hub.http.request(method, path, **{"headers": self.owner, **more})
        self.hub.http.cookies.clear()
        assert answer.status_code < 400, (path, answer.text)
        return answer.json() if answer.content else None

    async def passkey(self, headers: dict[str, str]) -> dict[str, Any]:
        """The body with which a passkey is added."""
        asked = await self.done("POST", "/api/me/passkeys/options", headers=headers)
        device = Authenticator(self.hub.url)
        return {"ticket": asked["ticket"], "credential": device.create(asked["options"]), "name": "laptop"}

    async def key(self) -> str:
        made = await self.done("POST", "/api/access-keys", json={"name": "k"})
        return f"/api/access-keys/{made['id']}"

    async def sso_issuer(self) -> str:
        body = {"name": "Corp", "url": self.issuer.url, "clientId": "hub:1", "clientSecret": CLIENT_SECRET}
        made = await self.done("POST", "/api/sso-issuers", json=body)
        return str(made["id"])

    async def trusted_issuer(self) -> dict[str, Any]:
        async with self.hub.house.database.write() as conn:
            robot = await self.hub.house.users.add(conn, SYSTEM, "Robot", role=Role.member, kind=UserKind.service)
        self.people += 1
        return {
            "name": "Platform",
            "url": f"https://platform-{self.people}.example",
            "audience": "hub",
            "subjects": {"job": str(robot.id)},
            "scopes": ["inference"],
        }

    async def client(self) -> str:
        made = await self.done("POST", "/api/oauth-clients", json=NEW_CLIENT)
        return f"/api/oauth-clients/{made['id']}"

    async def provider(self) -> str:
        self.people += 1
        body = {"name": f"p{self.people}", "baseUrl": self.hub.provider.base_url}
        return f"{self.prefix}/{(await self.done('POST', self.prefix, json=body))['id']}"

    async def credential(self) -> str:
        path = f"{await self.provider()}/credentials"
        made = await self.done("POST", path, json={"name": "c", "value": UPSTREAM_KEY})
        return f"{path}/{made['id']}"

    async def connected(self, headers: dict[str, str]) -> str:
        sid: str = (await self.done("POST", f"{CONNECT}/session"))["id"]
        await self.done("POST", f"{CONNECT}/authorize", json={"sid": sid}, headers=headers)
        return sid


@dataclass(frozen=True)
class Ask:
    path: str
    body: Any = None
    headers: dict[str, str] | None = None  # the owner's when None
    form: dict[str, str] | None = None
    query: dict[str, str] | None = None


Example = Callable[[World], Awaitable[Ask]]
