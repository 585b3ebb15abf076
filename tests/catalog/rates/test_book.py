"""Adding and changing rates, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.money import MOST_RATE, ONE, read_rate, shown_rate
from aigne_hub.catalog.entries import ProviderId, Tariff
from aigne_hub.catalog.rates import store
from aigne_hub.catalog.rates.entries import Billing, RateId
from aigne_hub.catalog.rates.margin import Margin
from aigne_hub.db.engine import Conn, Database
from aigne_hub.dialects.call import Kind
from tests.catalog.rates.shelf import BOOK, draft, two_providers

pytestmark = pytest.mark.anyio


async def noted(conn: Conn, kind: str = "rate") -> list[str]:
    rows = await audit_store.rows_after(conn, 0, 100)
    return [row.action for row in rows if row.target is not None and row.target.kind == kind]


async def test_a_rate_is_added_changed_and_removed_and_each_is_noted(database: Database) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        (added,) = await BOOK.add(conn, SYSTEM, [openai.id], draft("models/gpt-4o-mini"))
        assert (added.model_display, added.description) == ("Gpt 4o Mini", None)
        assert await BOOK.rate(conn, openai.id, added.id) == added
        wanted = replace(draft(input=0), model="other", kind=Kind.image, model_display=" Mini ", description="Small.")
        changed = await BOOK.change(conn, SYSTEM, added, wanted)
        assert (changed.model, changed.kind, changed.model_display) == (added.model, added.kind, "Mini")
        assert await store.list_rates(conn) == [changed]
        await BOOK.remove(conn, SYSTEM, changed)
        with pytest.raises(NotFound):
            await BOOK.rate(conn, openai.id, added.id)
        assert await noted(conn) == ["rate.create", "rate.change", "rate.remove"]
        rows = [row for row in await audit_store.rows_after(conn, 0, 100) if row.action == "rate.change"]
    assert json.loads(rows[0].before or "")["input_rate"] == "0.000001"
    assert json.loads(rows[0].after or "")["input_rate"] == "0"


async def test_many_providers_get_a_rate_at_once_or_none_does(database: Database) -> None:
    async with database.write() as conn:
        openai, router = await two_providers(conn)
        added = await BOOK.add(conn, SYSTEM, [openai.id, router.id, openai.id], draft())
        assert [one.provider_id for one in added] == [openai.id, router.id]
        with pytest.raises(Conflict, match="OpenAI, OpenRouter"):
            await BOOK.add(conn, SYSTEM, [openai.id, router.id], draft())
        with pytest.raises(Conflict, match="Rate already exists for this provider-model-type combination"):
            await BOOK.add(conn, SYSTEM, [openai.id], draft())
        with pytest.raises(BadRequest, match="Providers not found: 7, 8"):
            await BOOK.add(conn, SYSTEM, [ProviderId(7), openai.id, ProviderId(8)], draft("other"))
        await BOOK.add(conn, SYSTEM, [openai.id], draft(kind=Kind.image))
        assert len(await store.list_rates(conn)) == 3


@pytest.mark.parametrize("model", ["", " gpt", "gpt\n", "x" * 201])
async def test_a_name_that_is_none_is_refused(database: Database, model: str) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        with pytest.raises(BadRequest, match="a model's name"):
            await BOOK.add(conn, SYSTEM, [openai.id], draft(model))


async def test_a_count_of_tokens_has_no_rate(database: Database) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        with pytest.raises(BadRequest, match="have no rates"):
            await BOOK.add(conn, SYSTEM, [openai.id], draft(kind=Kind.token_count))


async def test_a_margin_is_laid_over_what_has_a_cost(database: Database) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        costs = replace(draft(), input_cost=read_rate("0.0000025"), output_cost=read_rate("0.00001"))
        cached = replace(costs, tariff=Tariff(1, 2, 3, 4))
        await BOOK.add(conn, SYSTEM, [openai.id], cached)
        await BOOK.add(conn, SYSTEM, [openai.id], replace(draft("half", output=7), input_cost=0, output_cost=ONE))
        await BOOK.add(conn, SYSTEM, [openai.id], replace(draft("free"), input_cost=0))
        repriced, skipped = await BOOK.reprice(conn, SYSTEM, Margin(read_rate("20"), read_rate("0.000001")))
        assert skipped == 1
        first, half, free = await store.list_rates(conn)
        assert (shown_rate(first.tariff.input), shown_rate(first.tariff.output)) == ("3", "12")
        assert (first.tariff.cache_read, first.tariff.cache_write) == (3, 4)
        assert (half.tariff.input, shown_rate(half.tariff.output)) == (10**9, "1200000")
        assert free.tariff == draft().tariff
        assert [one.new.tariff for one in repriced] == [first.tariff, half.tariff]
        assert (await noted(conn)).count("rate.change") == 2


async def test_a_margin_that_leads_beyond_what_is_held_changes_nothing(database: Database) -> None:
    with pytest.raises(BadRequest, match="the rate of dear cannot be held"):
        async with database.write() as conn:
            openai, _ = await two_providers(conn)
            await BOOK.add(conn, SYSTEM, [openai.id], replace(draft("cheap"), input_cost=1))
            await BOOK.add(conn, SYSTEM, [openai.id], replace(draft("dear"), input_cost=MOST_RATE * ONE))
            await BOOK.reprice(conn, SYSTEM, Margin(ONE, ONE))
    async with database.read() as conn:
        assert await store.list_rates(conn) == []


async def test_pricing_is_switched_on_and_noted_once(database: Database) -> None:
    async with database.write() as conn:
        assert await BOOK.switch(conn, SYSTEM, is_on=True) == Billing(True, "")
        assert await BOOK.switch(conn, SYSTEM, prefix="€") == Billing(True, "€")
        assert await BOOK.switch(conn, SYSTEM, is_on=True) == await store.read_billing(conn) == Billing(True, "€")
        assert await noted(conn, "preferences") == ["preferences.change"] * 2


async def test_a_rate_of_another_provider_is_not_found(database: Database) -> None:
    async with database.write() as conn:
        openai, router = await two_providers(conn)
        (added,) = await BOOK.add(conn, SYSTEM, [openai.id], draft())
        for provider_id, rate_id in ((router.id, added.id), (openai.id, RateId(1))):
            with pytest.raises(NotFound):
                await BOOK.rate(conn, provider_id, rate_id)
