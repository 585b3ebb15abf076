"""One hub for all tests of this folder, with a provider of each dialect at one recording server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.flows.keep_credential import CredentialDraft
from tests.databases import fresh_sqlite
from tests.oracles.clients import CALLERS, PAIR, Client, opened
from tests.oracles.goldens import golden, served
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Asked, Upstream, serve_upstream

KEY = "sk-upstream-0123456789"

# Of each dialect: the name of the provider that speaks it, its path before the dialect's own, and a model of it.
PROVIDERS = {
    "openai_chat": ("openai", "/v1", "gpt-5.6"),
    "openai_responses": ("responder", "/v1", "gpt-5.6"),
    "anthropic_messages": ("anthropic", "/v1", "claude-sonnet-4-6"),
    "gemini": ("google", "/v1beta", "gemini-2.5-flash"),
    "bedrock_converse": ("bedrock", "", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
}


@dataclass
class World:
    """The hub, and the recording server that is every provider of it."""

    hub: RunningHub
    upstream: Upstream
    own: dict[str, Client]  # the client of each provider's maker, at the recording server
    callers: dict[str, Client]  # the clients of callers, at the hub

    @property
    def root(self) -> str:
        """Where the recording server is, as an official client is told."""
        return self.upstream.url.removesuffix("/v1")

    def last(self) -> Asked:
        return self.upstream.asked[-1]

    async def mend(self, dialect: str) -> None:
        """Have the hub forget what the provider's refusals taught it: its credential is another now."""
        name = PROVIDERS[dialect][0]
        at, owner = "/api/ai-providers", self.hub.bearer(self.hub.owner_key)
        (provider,) = (await self.hub.http.get(f"{at}?name={name}", headers=owner)).json()
        (credential,) = provider["credentials"]
        change = {"active": True, "weight": credential["weight"] % 1000 + 1}
        path = f"{at}/{provider['id']}/credentials/{credential['id']}"
        assert (await self.hub.http.put(path, json=change, headers=owner)).status_code == 200
        await self.hub.catch_up()

    @staticmethod
    def own_model(dialect: str) -> str:
        """The model, as the provider itself calls it."""
        return PROVIDERS[dialect][2]

    @staticmethod
    def hub_model(dialect: str, model: str | None = None) -> str:
        """The same model, as a caller of the hub names it."""
        name, _, usual = PROVIDERS[dialect]
        return f"{name}/{model or usual}"


@pytest.fixture(scope="package")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="package")
async def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("oracles")
    settings = settings_for(fresh_sqlite(sqlite_template, folder / "db"), folder)
    async with serve_upstream() as upstream, running_hub(settings, upstream) as hub, AsyncExitStack() as clients:
        made = World(hub, upstream, {}, {})
        for dialect in PROVIDERS:
            await _add(made, dialect)
            made.own[dialect] = await clients.enter_async_context(opened(dialect, made.root, KEY))
        for dialect in CALLERS:
            made.callers[dialect] = await clients.enter_async_context(opened(dialect, hub.url, hub.member_key))
        upstream.script = served(golden("bedrock_converse", "plain"))
        hello = {"model": made.hub_model("bedrock_converse"), "messages": [{"role": "user", "content": "hi"}]}
        async with asyncio.timeout(10):  # the hub hears of them within a second, of the last one last
            while (await hub.ask(hello)).status_code == 503:
                await asyncio.sleep(0.05)
        yield made


async def _add(world: World, dialect: str) -> None:
    name, path, _ = PROVIDERS[dialect]
    hub = world.hub
    async with hub.house.database.write() as conn:
        provider = await hub.house.providers.add_provider(
            conn, SYSTEM, name, base_url=world.root + path, region="eu-west-1", dialects=(dialect,)
        )
    pair = dialect == "bedrock_converse"
    kind, value = (CredentialKind.access_key_pair, PAIR) if pair else (CredentialKind.api_key, {"api_key": KEY})
    await hub.house.credentials.add(SYSTEM, provider.id, CredentialDraft("own", kind, value), is_checked=False)
