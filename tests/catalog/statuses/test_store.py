"""The rows of models that are not available."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import Provider, ProviderId
from aigne_hub.catalog.statuses import store
from aigne_hub.catalog.statuses.entries import Fault, ModelStatus
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions
from aigne_hub.dialects.call import Kind

pytestmark = pytest.mark.anyio

PROVIDER = Provider(ProviderId(7), "up", "Up", "http://127.0.0.1:1", None, True, 1, 1)
DOWN = ModelStatus(PROVIDER.id, "m", Kind.chat, Fault("Model Unavailable", "it failed"), 5, 5)


async def test_rows_come_change_and_go_and_everybody_looks_anew(database: Database) -> None:
    other = replace(DOWN, model="vendor/e", kind=Kind.embedding)
    newer = replace(DOWN, fault=Fault("Invalid API Key", "refused"), seen_ms=9)
    versions = []
    async with database.write() as conn:
        await catalog_store.add_provider(conn, PROVIDER)
        await store.add_statuses(conn, [DOWN, other])
        assert await store.list_statuses(conn) == [DOWN, other]
        versions.append((await read_versions(conn))[store.COUNTER])
        await store.see_again(conn, [newer])
        assert await store.list_statuses(conn) == [newer, other]
        versions.append((await read_versions(conn))[store.COUNTER])
        await store.remove_statuses(conn, [other.key, (ProviderId(7), "nobody")])
        assert await store.list_statuses(conn) == [newer]
        versions.append((await read_versions(conn))[store.COUNTER])
        await catalog_store.remove_provider(conn, PROVIDER.id)
        assert await store.list_statuses(conn) == []
        versions.append((await read_versions(conn))[store.COUNTER])
    assert versions == [1, 2, 3, 4]
