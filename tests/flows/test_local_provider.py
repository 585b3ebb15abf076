"""The local model as a provider: its row follows where it listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigne_hub.app import open_house
from aigne_hub.audit.records import SYSTEM
from aigne_hub.catalog import store
from aigne_hub.dialects.call import Kind
from aigne_hub.flows.local_provider import put_local_provider
from aigne_hub.house import House
from aigne_hub.local.supervisor import MODEL_NAME, LocalAddress
from tests.running import settings_for

pytestmark = pytest.mark.anyio


async def put(house: House, port: int, key: str) -> None:
    await put_local_provider(house.database, house.providers, LocalAddress(f"http://127.0.0.1:{port}/v1", key))
    await house.freshness.look()


async def test_the_provider_is_made_once_and_follows_the_address(database_url: str, tmp_path: Path) -> None:
    async with open_house(settings_for(database_url, tmp_path)) as house:
        await put(house, 1111, "key-one-0123456789")
        await put(house, 2222, "key-two-0123456789")
        target = house.catalog.peek(f"local/{MODEL_NAME}", Kind.chat)
        assert (target.origin.port, target.headers[0][1]) == (2222, b"Bearer key-two-0123456789")
        async with house.database.read() as conn:
            assert len(await store.list_providers(conn)) == 1
            assert len(await store.list_credentials(conn)) == 1


async def test_a_switched_off_local_provider_stays_off(database_url: str, tmp_path: Path) -> None:
    async with open_house(settings_for(database_url, tmp_path)) as house:
        await put(house, 1111, "key-one-0123456789")
        (provider,) = house.catalog.providers()
        async with house.database.write() as conn:
            await house.providers.change_provider(conn, SYSTEM, provider.id, enabled=False)
        await put(house, 2222, "key-two-0123456789")
        assert house.catalog.ready() == []
