"""Providers that the environment has keys for: they work, are seen to, and nothing of the keys is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import CredentialKind
from aigne_hub.flows.environment_providers import put_environment_providers
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.settings import ProviderKeys
from tests.relay.two_targets import PLAIN
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio

KEYS = ({"api_key": "sk-env-one"}, {"api_key": "sk-env-two"})
ASKED = {**PLAIN, "model": "openai/gpt-4o"}


async def listed(hub: RunningHub) -> int:
    path = "/api/ai-providers?name=openai"
    (one,) = (await hub.http.get(path, headers=hub.bearer(hub.owner_key))).json()
    found: int = one["environmentKeys"]
    return found


def shown_keys(upstream: Upstream) -> list[str]:
    return [one.headers["authorization"].removeprefix("Bearer ") for one in upstream.asked]


async def test_calls_are_made_by_the_keys_in_turn_until_the_provider_has_its_own(
    database_url: str, tmp_path: Path, upstream: Upstream
) -> None:
    keys = (ProviderKeys("openai", KEYS, upstream.url),)
    async with running_hub(settings_for(database_url, tmp_path, provider_keys=keys), upstream) as hub:
        for _ in range(3):
            assert (await hub.ask(ASKED)).status_code == 200
        assert shown_keys(upstream) == ["sk-env-one", "sk-env-two", "sk-env-one"]
        assert {(await hub.ask({**PLAIN, "model": "gpt-4o"})).headers["x-hub-provider"]} == {"openai"}
        assert await listed(hub) == 2
        asked = {"model": "openai/gpt-4o"}
        told = await hub.http.post("/api/routing/explain", json=asked, headers=hub.bearer(hub.owner_key))
        assert [one["credential"] for one in told.json()["attempts"]] == ["of the environment"] * 2
        async with hub.house.database.read() as conn:
            provider = await store.find_provider_by_name(conn, "openai")
            assert provider is not None and await store.list_credentials(conn) != []
            rows = await audit_store.rows_after(conn, 0, 1000)
            assert "sk-env" not in f"{await store.list_credentials(conn)} {rows}"
        draft = CredentialDraft("own", CredentialKind.api_key, {"api_key": "sk-own-0123456789"})
        kept = await hub.house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
        await hub.catch_up()
        assert (await hub.ask(ASKED)).status_code == 200
        assert (shown_keys(upstream)[-1], await listed(hub)) == ("sk-own-0123456789", 0)
        async with hub.house.database.write() as conn:
            await hub.house.providers.change_credential(conn, SYSTEM, provider.id, kept.id, active=False)
        await hub.catch_up()
        assert (await hub.ask(ASKED)).status_code == 200
        assert shown_keys(upstream)[-1].startswith("sk-env")
        async with hub.house.database.write() as conn:
            await hub.house.providers.change_provider(conn, SYSTEM, provider.id, enabled=False)
        await hub.catch_up()
        assert (await hub.ask(ASKED)).status_code == 503


async def test_who_is_there_stays_as_it_is_and_what_cannot_be_added_stops_nobody(hub: RunningHub) -> None:
    house = hub.house
    keys = [
        ProviderKeys("up", KEYS, "http://127.0.0.1:1/other"),
        ProviderKeys("ollama", KEYS, "no address"),
        ProviderKeys("bedrock", KEYS, region="eu-west-1"),
    ]
    for _ in range(2):
        await put_environment_providers(house.database, house.providers, keys)
    async with house.database.read() as conn:
        found = {one.name: one.base_url for one in await store.list_providers(conn)}
    assert found == {
        "up": hub.provider.base_url,
        "bedrock": "https://bedrock-runtime.eu-west-1.amazonaws.com",
    }


async def test_a_key_that_its_provider_refuses_is_told_in_the_log_and_nowhere_else(
    database_url: str, tmp_path: Path, upstream: Upstream
) -> None:
    keys = (ProviderKeys("openai", KEYS[:1], upstream.url),)
    settings = settings_for(database_url, tmp_path, provider_keys=keys)
    async with running_hub(settings, upstream) as hub:
        await hub.house.freshness.look()
        target = hub.house.catalog.peek("openai/gpt-4o")
        error = UpstreamFailed(Failure.credential, "refused", upstream_status=401, said="bad key sk-env-one")
        with capture_logs() as logs:
            hub.house.credential_health.note_invalid(target, error)
            await hub.house.credential_health.deactivate_refused()
        (told,) = logs
        assert (told["event"], told["provider"], told["status"]) == ("key of the environment refused", "openai", 401)
        assert "sk-env" not in str(logs)
