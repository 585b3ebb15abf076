"""Making and changing routes, on both databases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from aigne_hub.audit import store as audit_store
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest, NotFound, Unavailable
from aigne_hub.catalog.entries import Hedge, ModelFacts
from aigne_hub.catalog.routes import store
from aigne_hub.catalog.routes.book import refuse_contradictions
from aigne_hub.db.engine import Database
from aigne_hub.dialects.call import Kind
from tests.catalog.rates.shelf import BOOK, REGISTRY, two_providers
from tests.catalog.rates.shelf import draft as rate_draft
from tests.catalog.routes.shelf import book, draft, looked

pytestmark = pytest.mark.anyio


async def test_a_route_is_made_changed_and_removed_and_each_is_noted(database: Database) -> None:
    async with database.write() as conn:
        await two_providers(conn)
        kept, laid = await book().put(conn, SYSTEM, "smart", draft(["openai/gpt-4o"]))
        assert (kept.model, len(laid.pools), laid.left_out) == ("smart", 1, ())
        changed, _ = await book().put(conn, SYSTEM, "smart", draft(["openai/gpt-4o"], ["openrouter/x/y"]))
        assert await book().route(conn, "smart") == changed
    catalog = await looked(database)
    assert [pool.targets[0].model for pool in catalog.route("smart", None).pools] == ["gpt-4o", "x/y"]
    assert [pool.targets[0].model for pool in catalog.route("aignehub/smart", None).pools] == ["gpt-4o", "x/y"]
    async with database.write() as conn:
        await book().remove(conn, SYSTEM, "smart")
        with pytest.raises(NotFound):
            await book().remove(conn, SYSTEM, "smart")
        rows = [row for row in await audit_store.rows_after(conn, 0, 100) if row.action.startswith("route.")]
    assert [row.action for row in rows] == ["route.create", "route.change", "route.remove"]
    assert json.loads(rows[1].before or "")["tiers"] == [{"targets": [{"target": "openai/gpt-4o"}]}]


async def test_a_route_takes_precedence_for_exactly_its_name(database: Database) -> None:
    async with database.write() as conn:
        await two_providers(conn)
        await book().put(conn, SYSTEM, "gpt-4o", draft(["openrouter/openai/gpt-4o"]))
        await book().put(conn, SYSTEM, "openai/o3", draft(["openai/o3-mini"]))
    catalog = await looked(database)
    assert catalog.peek("gpt-4o").provider.name == "openrouter"
    assert catalog.peek("openai/o3").model == "o3-mini"
    assert (catalog.peek("openai/gpt-4o").model, catalog.peek("gpt-4o-mini").provider.name) == ("gpt-4o", "openai")


async def test_what_leads_nowhere_is_refused_with_the_reason(database: Database) -> None:
    async with database.write() as conn:
        await two_providers(conn)
        await REGISTRY.add_provider(conn, SYSTEM, "deepseek")
        for targets, reason in (
            (["nobody/m"], "this route leads nowhere: nobody/m: No available provider"),
            (["deepseek/m"], "deepseek/m: Provider 'deepseek' is not available or not configured"),
            (["smart"], "smart is a loop of fallbacks: smart → smart"),
        ):
            with pytest.raises(BadRequest, match=reason):
                await book().put(conn, SYSTEM, "smart", draft(targets))
            await store.remove_route(conn, "smart")
        _, laid = await book().put(conn, SYSTEM, "smart", draft(["deepseek/m", "openai/gpt-4o"]))
        assert [one.target for one in laid.left_out] == ["deepseek/m"]


async def test_a_loop_over_several_routes_is_refused_when_it_would_close(database: Database) -> None:
    async with database.write() as conn:
        await two_providers(conn)
        await book().put(conn, SYSTEM, "c", draft(["openai/m"]))
        await book().put(conn, SYSTEM, "b", draft(["c"]))
        await book().put(conn, SYSTEM, "a", draft(["b"]))
        with pytest.raises(BadRequest, match="a loop of fallbacks: c → a → b → c"):
            await book().put(conn, SYSTEM, "c", draft(["openai/m"], ["a"]))


async def test_a_name_with_a_route_shares_with_nobody(database: Database) -> None:
    async with database.write() as conn:
        await two_providers(conn)
        await book().put(conn, SYSTEM, "b", draft(["openai/m"]))
        with pytest.raises(BadRequest, match="b has a route of its own, and so stands alone") as refused:
            await book().put(conn, SYSTEM, "a", draft(["openai/m"], ["b", "openrouter/m"]))
    assert refused.value.param == "tiers.1.targets"


async def test_a_route_that_became_unusable_says_what_is_missing_and_comes_back(database: Database) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        await book().put(conn, SYSTEM, "smart", draft(["openai/gpt-4o"]))
        await REGISTRY.change_provider(conn, SYSTEM, openai.id, enabled=False)
    with pytest.raises(Unavailable, match="openai/gpt-4o: Provider 'openai' is not available") as refused:
        (await looked(database)).route("smart", None)
    assert refused.value.code == "no_target"
    async with database.write() as conn:
        await REGISTRY.change_provider(conn, SYSTEM, openai.id, enabled=True)
    assert (await looked(database)).peek("smart").model == "gpt-4o"


async def test_where_calls_are_priced_a_target_without_a_rate_is_left_out(database: Database) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        await BOOK.add(conn, SYSTEM, [openai.id], rate_draft("gpt-4o"))
        await BOOK.switch(conn, SYSTEM, is_on=True)
        _, laid = await book().put(conn, SYSTEM, "smart", draft(["openrouter/x", "openai/gpt-4o"]))
        assert [(one.target, one.reason) for one in laid.left_out] == [
            ("openrouter/x", "Unsupported model openrouter/x")
        ]
    (pool,) = (await looked(database)).route("smart", Kind.chat).pools
    assert pool.targets[0].tariff is not None
    with pytest.raises(Unavailable, match="openai/gpt-4o: Unsupported model"):
        (await looked(database)).route("smart", Kind.image)


async def test_a_name_with_a_route_is_listed_as_its_first_target_while_it_leads_somewhere(database: Database) -> None:
    async with database.write() as conn:
        openai, _ = await two_providers(conn)
        facts = {"gpt-4o": ModelFacts(context_window=128_000)}
        await REGISTRY.put_models(conn, openai.id, [("gpt-4o", Kind.chat), ("dall-e-3", Kind.image)], facts)
        await book().put(conn, SYSTEM, "smart", draft(["openai/gpt-4o"], ["openrouter/x"]))
        await book().put(conn, SYSTEM, "painter", draft(["openai/dall-e-3"]))
        await book().put(conn, SYSTEM, "openai/gpt-4o", draft(["openrouter/openai/gpt-4o"]))
    listed = {one.id: one for one in (await looked(database)).models()}
    assert sorted(listed) == ["openai/dall-e-3", "openai/gpt-4o", "painter", "smart"]
    assert (listed["smart"].facts.context_window, listed["smart"].provider.name) == (128_000, "openai")
    assert listed["painter"].kind is Kind.image
    async with database.write() as conn:
        await REGISTRY.change_provider(conn, SYSTEM, openai.id, enabled=False)
    assert [one.id for one in (await looked(database)).models()] == ["openai/gpt-4o", "smart"]


@pytest.mark.parametrize("name", ["", " m", "m" * 201, "m\x00", "aignehub/m"])
async def test_a_name_that_nobody_could_send_has_no_route(database: Database, name: str) -> None:
    async with database.write() as conn:
        with pytest.raises(BadRequest):
            await book().put(conn, SYSTEM, name, draft(["openai/m"]))


def when(**condition: Any) -> dict[str, Any]:
    return {"targets": [{"target": "a/m", "when": condition}]}


@pytest.mark.parametrize(
    ("tiers", "reason"),
    [
        ([], "1 to 16 tiers"),
        ([["a/m"]] * 17, "1 to 16 tiers"),
        ([["a/m"] * 1001], "at most 1000 targets"),
        ([["a/m"], []], "tier 2 has no target"),
        ([{"targets": [{"target": "a/m", "weight": 0}]}], "weights of tier 1 are all 0"),
        ([{"targets": [{"target": "a/m", "weight": -1}]}], "tier 1, a/m: a weight is"),
        ([{"targets": [{"target": "a/m", "weight": 1001}]}], "a weight is a whole number"),
        ([[" a/m"]], "a target is PROVIDER/MODEL"),
        ([when(minBytes=2, maxBytes=1)], "no call has at least 2 and at most 1 bytes"),
        ([when(minBytes=-1)], "not below 0"),
        ([when(keys=[])], "keys are 1 to 100"),
        ([when(tags=[])], "tags are 1 to 100"),
        ([when(tags=["a,b"])], "has a comma"),
    ],
)
def test_what_contradicts_itself_is_refused(tiers: list[Any], reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        refuse_contradictions(draft(*tiers))


@pytest.mark.parametrize("hedge", [Hedge(0.4), Hedge(1.0), Hedge(most=0.0), Hedge(most=1.1), Hedge(float("nan"))])
def test_a_hedge_that_makes_no_sense_is_refused(hedge: Hedge) -> None:
    with pytest.raises(BadRequest, match="share"):
        refuse_contradictions(structs.replace(draft(["a/m"]), hedge=hedge))
    refuse_contradictions(structs.replace(draft(["a/m"]), hedge=Hedge()))
