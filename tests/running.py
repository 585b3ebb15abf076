"""A running hub for tests: the real application behind the real server, on a loopback port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from aigne_hub.access.identity import NewKey, Role, User
from aigne_hub.app import open_house
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import Clock
from aigne_hub.catalog.entries import CredentialKind, Provider
from aigne_hub.catalog.limits import ProviderLimits
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.house import House
from aigne_hub.serving import config_of, listen
from aigne_hub.settings import Settings
from aigne_hub.usage import store as usage_store
from aigne_hub.usage.records import CallRecord, Status
from tests.upstream import Upstream


@dataclass
class RunningHub:
    """A hub with an owner, a member, a key of each, and the provider `up` with the models m and e.

    What fails there is not tried again, so that a test sees each attempt that it asked for.
    """

    url: str
    settings: Settings
    house: House  # a second house on the same database, as the command line opens one
    owner: User
    owner_key: str
    member: User
    member_key: str
    provider: Provider
    http: httpx.AsyncClient

    def bearer(self, key: str | None = None) -> dict[str, str]:
        return {"authorization": f"Bearer {key or self.member_key}"}

    async def signed_in(self, user: User) -> dict[str, str]:
        """The headers of a person's console: the session's cookie and its CSRF token."""
        async with self.house.database.write() as conn:
            opened = await self.house.sessions.open(conn, user, method="password", address=None, user_agent="test")
        return {"cookie": f"hub_session={opened.secret}", "x-csrf-token": self.house.sessions.csrf_token(opened.secret)}

    async def ask(self, body: Any = None, *, path: str = "/v1/chat/completions", **headers: str) -> httpx.Response:
        """One call with the member's key."""
        body = body or {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}
        return await self.http.post(path, json=body, headers={**self.bearer(), **headers})

    async def calls(self) -> list[CallRecord]:
        """Every call that is on record, oldest first."""
        async with self.house.database.read() as conn:
            return (await usage_store.list_calls(conn, usage_store.CallFilter(), offset=0, limit=10_000))[::-1]

    async def catch_up(self) -> None:
        """Have the hub look for what others changed: an unknown key makes it."""
        answer = await self.http.get("/v1/models", headers=self.bearer("blocklet-nobody"))
        assert answer.status_code == 401

    async def call(self, *, timeout_s: float = 10.0) -> CallRecord:
        """The only call on record, once it is settled."""
        async with asyncio.timeout(timeout_s):
            while True:
                calls = await self.calls()
                if len(calls) == 1 and calls[0].status is not Status.processing:
                    return calls[0]
                await asyncio.sleep(0.02)


def settings_for(database_url: str, data_dir: Path, **changes: Any) -> Settings:
    """Settings of a test: no local model, an ephemeral port, limits short enough to be reached."""
    base = Settings(
        port=0,
        data_dir=data_dir,
        database_url=database_url,
        secret_key=bytes(range(32)),
        local_model=False,
        log_level="error",
        body_limit=1 << 20,
        connect_s=1.0,
        first_byte_s=1.0,
        idle_s=1.0,
        total_s=5.0,
        body_s=1.0,
        drain_s=1.0,
        stop_s=2.0,
    )
    return replace(base, **changes)


@asynccontextmanager
async def running_hub(
    settings: Settings, upstream: Upstream, *, clock: Clock | None = None
) -> AsyncIterator[RunningHub]:
    async with open_house(settings) as house:
        owner, owner_key = await _person(house, "Olga", Role.owner)
        member, member_key = await _person(house, "Max", Role.member)
        provider = await _provider(house, upstream)
        async with served_hub(settings, clock=clock) as url, httpx.AsyncClient(base_url=url, timeout=20) as http:
            yield RunningHub(url, settings, house, owner, owner_key.secret, member, member_key.secret, provider, http)


@asynccontextmanager
async def served_hub(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[str]:
    """The application behind its server; gives the address."""
    listening = listen(settings)
    server = uvicorn.Server(config_of(settings, clock=clock))
    server.config.load()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server._serve([listening]))
        while not server.started:
            if task.done():
                raise AssertionError("the hub did not start")
            await asyncio.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task  # a failed test would cancel it in the middle of what it does to end


async def _person(house: House, name: str, role: Role) -> tuple[User, NewKey]:
    async with house.database.write() as conn:
        user = await house.users.add(conn, SYSTEM, name, role=role, email=f"{name.lower()}@example.com")
        return user, await house.keys.create(conn, SYSTEM, user.id, f"{name}'s key", role=role)


async def _provider(house: House, upstream: Upstream) -> Provider:
    async with house.database.write() as conn:
        provider = await house.providers.add_provider(
            conn, SYSTEM, "up", base_url=upstream.url, display_name="Upstream", limits=ProviderLimits(retries=0)
        )
        await house.providers.put_models(conn, provider.id, [("m", Kind.chat), ("e", Kind.embedding)])
    draft = CredentialDraft("first", CredentialKind.api_key, {"api_key": "sk-upstream-0123456789"})
    await house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
    return provider
