"""The rows of rates, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.money import MOST_RATE, ONE
from aigne_hub.catalog.entries import ProviderId, Tariff
from aigne_hub.catalog.rates import store
from aigne_hub.catalog.rates.entries import Billing, Rate, RateId, RateMetadata
from aigne_hub.catalog.rates.store import RateFilter
from aigne_hub.db.engine import Conn, Database
from aigne_hub.db.versions import read_versions
from aigne_hub.dialects.call import Kind
from tests.catalog.rates.shelf import REGISTRY, two_providers

pytestmark = pytest.mark.anyio


def rate(number: int, provider: ProviderId, model: str = "gpt-4o", kind: Kind = Kind.chat) -> Rate:
    tariff = Tariff(MOST_RATE * ONE, 1, 0, None)
    about = RateMetadata(max_tokens=8)
    return Rate(RateId(number), provider, model, kind, "GPT 4o", "100% _good_", tariff, 25, None, about, 1, 2)


async def test_a_rate_is_kept_whole_changed_and_removed(database: Database) -> None:
    async with database.write() as conn:
        openai, router = await two_providers(conn)
        kept = rate(1, openai.id)
        await store.add_rate(conn, kept)
        assert await store.find_rate(conn, openai.id, RateId(1)) == kept
        assert await store.find_rate(conn, router.id, RateId(1)) is None
        assert await store.find_rate_of(conn, openai.id, "gpt-4o", Kind.chat) == kept
        assert await store.find_rate_of(conn, openai.id, "gpt-4o", Kind.image) is None
        changed = replace(kept, tariff=Tariff(0, 3), metadata=None, description=None, updated_ms=9)
        await store.save_rate(conn, changed)
        assert await store.list_rates(conn) == [changed]
        await store.remove_rate(conn, RateId(1))
        assert await store.list_rates(conn) == []


async def test_every_change_is_told_to_the_snapshots(database: Database) -> None:
    async def seen(conn: Conn) -> int:
        return (await read_versions(conn))["catalog"]

    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        versions = [await seen(conn)]
        for step in (
            store.add_rate(conn, rate(1, openai.id)),
            store.save_rate(conn, rate(1, openai.id)),
            store.remove_rate(conn, RateId(1)),
            store.write_billing(conn, Billing(True, "€"), 5),
        ):
            await step
            versions.append(await seen(conn))
    assert versions == sorted(set(versions))


async def test_rates_are_listed_by_what_is_wanted(database: Database) -> None:
    async with database.write() as conn:
        openai, router = await two_providers(conn)
        for one in (
            rate(1, openai.id, "o3"),
            rate(2, router.id, "openai/gpt-4o"),
            rate(3, openai.id, "gpt-4o", Kind.image),
            rate(4, openai.id, "gpt-4o"),
        ):
            await store.add_rate(conn, one)
        assert [one.id for one in await store.rates_of(conn, openai.id)] == [4, 3, 1]

        async def ids(
            wanted: RateFilter, offset: int = 0, limit: int = 9, *, is_oldest_first: bool = False
        ) -> list[int]:
            page = await store.page_of_rates(conn, wanted, offset=offset, limit=limit, is_oldest_first=is_oldest_first)
            assert await store.count_rates(conn, wanted) >= len(page)
            return [one.id for one in page]

        assert await ids(RateFilter()) == [4, 3, 2, 1]
        assert await ids(RateFilter(), is_oldest_first=True) == [1, 2, 3, 4]
        assert await ids(RateFilter(), 1, 2) == [3, 2]
        assert await ids(RateFilter(provider_ids=(router.id,))) == [2]
        assert await ids(RateFilter(model="GPT")) == [4, 3, 2]
        assert await ids(RateFilter(model="%")) == []
        assert await ids(RateFilter(search="100% _")) == [4, 3, 2, 1]
        assert await store.count_rates(conn, RateFilter(model="o3")) == 1


async def test_rates_go_with_their_provider(database: Database) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        await store.add_rate(conn, rate(1, openai.id))
        await REGISTRY.remove_provider(conn, SYSTEM, openai.id)
        assert await store.list_rates(conn) == []


async def test_billing_is_off_until_it_is_switched_on(database: Database) -> None:
    async with database.write() as conn:
        assert await store.read_billing(conn) == Billing()
        await store.write_billing(conn, Billing(True, "€"), 5)
        assert await store.read_billing(conn) == Billing(True, "€")
