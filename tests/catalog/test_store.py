"""The rows of providers, credentials and models, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.catalog import store
from aigne_hub.catalog.entries import (
    Credential,
    CredentialId,
    CredentialKind,
    ListPrices,
    Model,
    ModelFacts,
    Provider,
    ProviderId,
)
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions
from aigne_hub.dialects.call import Kind

pytestmark = pytest.mark.anyio

PROVIDER = Provider(ProviderId(1), "p", "P", "http://p/v1", "eu", True, 1000, 1000)
CREDENTIAL = Credential(
    CredentialId(5),
    ProviderId(1),
    "n",
    CredentialKind.custom,
    {"a": "*é*"},
    True,
    "oops",
    100,
    0,
    None,
    1,
    2,
    b"\x00\xff",
)


async def test_rows_are_read_as_they_were_written(database: Database) -> None:
    async with database.write() as conn:
        await store.add_provider(conn, PROVIDER)
        await store.add_credential(conn, CREDENTIAL)
        await store.put_models(conn, PROVIDER.id, [(8, Model(PROVIDER.id, "a/b", Kind.embedding, 3))])
    async with database.read() as conn:
        assert await store.find_provider(conn, PROVIDER.id) == PROVIDER
        assert await store.find_provider_by_name(conn, "p") == PROVIDER
        assert await store.list_credentials(conn) == [CREDENTIAL]
        assert await store.list_models(conn) == [Model(PROVIDER.id, "a/b", Kind.embedding, 3)]


async def test_the_known_models_are_replaced_as_a_whole(database: Database) -> None:
    async with database.write() as conn:
        await store.add_provider(conn, PROVIDER)
        await store.put_models(conn, PROVIDER.id, [(8, Model(PROVIDER.id, "old", Kind.chat, 3))])
        await store.put_models(conn, PROVIDER.id, [(9, Model(PROVIDER.id, "new", Kind.chat, 4))])
        assert [one.name for one in await store.list_models(conn)] == ["new"]
        await store.put_models(conn, PROVIDER.id, [])
        assert await store.list_models(conn) == []


async def test_what_is_known_of_a_model_is_kept_with_it(database: Database) -> None:
    facts = ModelFacts(128_000, ListPrices("0.075", "2.5", cache_write="0.00000001"), ("tools", "vision"))
    async with database.write() as conn:
        await store.add_provider(conn, PROVIDER)
        await store.put_models(conn, PROVIDER.id, [(8, Model(PROVIDER.id, "a", Kind.chat, 3, facts))])
        assert [one.facts for one in await store.list_models(conn)] == [facts]


async def test_uses_add_up_and_are_no_change_that_snapshots_need(database: Database) -> None:
    async with database.write() as conn:
        await store.add_provider(conn, PROVIDER)
        await store.add_credential(conn, CREDENTIAL)
        before = await read_versions(conn)
        await store.touch_credentials(conn, [(CREDENTIAL.id, 3, 100)])
        await store.touch_credentials(conn, [(CREDENTIAL.id, 2, 200)])
        assert await read_versions(conn) == before
        (found,) = await store.list_credentials(conn)
        assert (found.usage_count, found.last_used_ms) == (5, 200)


async def test_every_change_is_a_new_version(database: Database) -> None:
    seen = []
    async with database.write() as conn:
        for change in (
            store.add_provider(conn, PROVIDER),
            store.save_provider(conn, PROVIDER),
            store.add_credential(conn, CREDENTIAL),
            store.save_credential(conn, CREDENTIAL),
            store.put_models(conn, PROVIDER.id, []),
            store.remove_credential(conn, PROVIDER.id, CREDENTIAL.id),
            store.remove_provider(conn, PROVIDER.id),
        ):
            await change
            seen.append((await read_versions(conn))[store.COUNTER])
    assert seen == sorted(set(seen))
