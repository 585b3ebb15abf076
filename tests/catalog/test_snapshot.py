"""What a model name leads to (contract 5.3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import BadRequest, Unavailable
from aigne_hub.base.ids import IdSource
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import CredentialId, Provider, ProviderId, Target, Tariff
from aigne_hub.catalog.google_tokens import GoogleTokens
from aigne_hub.catalog.limits import ProviderLimits, TargetLimits, Trying
from aigne_hub.catalog.rates.book import RateBook
from aigne_hub.catalog.rates.entries import RateDraft
from aigne_hub.catalog.registry import Registry
from aigne_hub.catalog.routes.store import write_excluded
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.db.engine import Database
from aigne_hub.db.versions import read_versions
from aigne_hub.dialects.call import Kind
from aigne_hub.outbound import Client, Guard, Origin

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
TOKENS = GoogleTokens(Client(deadlines=Deadlines(), guard=Guard(allow_private=True)), CLOCK)
VAULT = Vault(bytes(32))


def a_target(authorization: bytes) -> Target:
    provider = Provider(ProviderId(1), "p", "P", "http://p/v1", None, True, 0, 0)
    origin, path = Origin.parse(provider.base_url)
    return Target(provider, CredentialId(2), "m", origin, path.encode(), ((b"authorization", authorization),))


@pytest.fixture
async def catalog(database: Database) -> CatalogSnapshot:
    """OpenAI, OpenRouter and the local model are ready; Anthropic is off, DeepSeek has no credential."""
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 1), Journal(VAULT, CLOCK))
    async with database.write() as conn:
        for name in ("openai", "openrouter", "anthropic"):
            provider = await registry.add_provider(conn, SYSTEM, name)
            await registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": f"sk-{name}-0123456789"})
            if name == "anthropic":
                await registry.change_provider(conn, SYSTEM, provider.id, enabled=False)
        await registry.add_provider(conn, SYSTEM, "deepseek")
        local = await registry.add_provider(conn, SYSTEM, "local", base_url="http://127.0.0.1:1/v1")
        await registry.add_credential(conn, SYSTEM, local.id, "n", {"api_key": "sk-local-0123456789"})
        await registry.put_models(conn, local.id, [("smol", Kind.chat)])
    return await looked(database, VAULT)


async def looked(database: Database, vault: Vault, *, knows_lacks: bool = True) -> CatalogSnapshot:
    snapshot = CatalogSnapshot(vault, CLOCK, TOKENS, knows_lacks=knows_lacks)
    async with database.read() as conn:
        await snapshot.load(conn, (await read_versions(conn))["catalog"])
    return snapshot


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("OpenAI/gpt-4o", "openai", "gpt-4o"),
        ("openrouter/openai/gpt-4o", "openrouter", "openai/gpt-4o"),
        ("aignehub/openai/gpt-4o", "openai", "gpt-4o"),
        ("aignehub:openai/gpt-4o", "openai", "gpt-4o"),
        ("gpt-4o", "openai", "gpt-4o"),
        ("aignehub/gpt-4o", "openai", "gpt-4o"),
        ("claude-haiku-4-5", "openrouter", "anthropic/claude-haiku-4-5"),
        ("llama-3.3-70b", "openrouter", "meta-llama/llama-3.3-70b"),
        ("local/smol", "local", "smol"),
        ("smol", "local", "smol"),
    ],
)
async def test_a_name_leads_to_its_target(catalog: CatalogSnapshot, name: str, provider: str, model: str) -> None:
    target = catalog.peek(name, Kind.chat)
    assert (target.provider.name, target.model) == (provider, model)
    assert target.headers[0] == (b"authorization", f"Bearer sk-{provider}-0123456789".encode())
    assert catalog.peek(name, Kind.chat) is target


@pytest.mark.parametrize("name", ["doubao-pro", "nothing", "unknown/gpt-4o", "", "/", "local/other"])
async def test_a_name_that_leads_nowhere_is_refused(catalog: CatalogSnapshot, name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        catalog.peek(name, Kind.chat)
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize("name", ["anthropic/claude-haiku-4-5", "deepseek/deepseek-chat", "xai/grok-3"])
async def test_a_named_provider_that_cannot_be_called_is_an_outage(catalog: CatalogSnapshot, name: str) -> None:
    with pytest.raises(Unavailable, match="is not available or not configured"):
        catalog.peek(name, Kind.chat)


async def test_what_was_called_before_is_reached_again(catalog: CatalogSnapshot, database: Database) -> None:
    before = catalog.peek("openai/sora-2", Kind.chat)
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 2), Journal(VAULT, CLOCK))
    async with database.write() as conn:
        added = await registry.add_credential(
            conn, SYSTEM, before.provider.id, "second", {"api_key": "sk-second-0123456789"}
        )
    seen = await looked(database, VAULT)
    second = seen.reach(before.provider.id, added.id, "sora-2")
    assert (second.headers[0][1], second.model) == (b"Bearer sk-second-0123456789", "sora-2")
    async with database.write() as conn:
        await registry.remove_credential(conn, SYSTEM, before.provider.id, added.id)
    seen = await looked(database, VAULT)
    assert seen.reach(before.provider.id, added.id, "sora-2").headers == before.headers
    with pytest.raises(Unavailable):
        seen.reach(ProviderId(9), CredentialId(9), "sora-2")


async def test_a_credential_is_shown_as_its_provider_wants_it(catalog: CatalogSnapshot, database: Database) -> None:
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 2), Journal(VAULT, CLOCK))
    async with database.write() as conn:
        azure = await registry.add_provider(conn, SYSTEM, "azure", base_url="https://a.openai.azure.com/openai/v1")
        claude = await registry.add_provider(
            conn, SYSTEM, "my-claude", base_url="https://c.example.com/v1", dialects=("anthropic_messages",)
        )
        for provider in (azure, claude):
            await registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": "sk-0123456789"})
    seen = await looked(database, VAULT)
    assert seen.peek("azure/my-deployment", Kind.chat).headers[0] == (b"api-key", b"sk-0123456789")
    assert seen.peek("my-claude/c", Kind.chat).headers[0] == (b"x-api-key", b"sk-0123456789")


async def test_a_prefix_that_is_no_provider_here_is_part_of_the_name(
    catalog: CatalogSnapshot, database: Database
) -> None:
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 2), Journal(VAULT, CLOCK))
    async with database.write() as conn:
        openrouter = next(one for one in catalog.providers() if one.name == "openrouter")
        await registry.put_models(conn, openrouter.id, [("cohere/command-a", Kind.chat), ("xai/grok", Kind.chat)])
    seen = await looked(database, VAULT)
    assert seen.peek("cohere/command-a", Kind.chat).provider.name == "openrouter"
    with pytest.raises(Unavailable):
        seen.peek("xai/grok", Kind.chat)


async def test_only_what_can_be_called_is_listed(catalog: CatalogSnapshot) -> None:
    assert [model.id for model in catalog.models()] == ["local/smol"]
    assert sorted(provider.name for provider in catalog.ready()) == ["local", "openai", "openrouter"]


async def test_a_credential_of_another_master_key_is_unreadable_and_the_others_work(
    catalog: CatalogSnapshot, database: Database
) -> None:
    other = Vault(bytes([7]) * 32)
    registry = Registry(other, CLOCK, IdSource(CLOCK, 2), Journal(other, CLOCK))
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "xai")
        await registry.add_credential(conn, SYSTEM, provider.id, "theirs", {"api_key": "sk-xai-0123456789"})
    seen = await looked(database, VAULT)
    assert [one.name for one in seen.unreadable] == ["theirs"]
    assert seen.peek("openai/x", Kind.chat).provider.name == "openai"
    with pytest.raises(Unavailable):
        seen.peek("xai/grok-3", Kind.chat)


async def test_uses_are_counted_and_taken_once(catalog: CatalogSnapshot) -> None:
    target = catalog.peek("gpt-4o", Kind.chat)
    catalog.note_use(target)
    catalog.note_use(catalog.peek("openai/gpt-4.1", Kind.chat))
    assert catalog.take_used() == [(target.credential_id, 2, CLOCK.now_ms())]
    assert catalog.take_used() == []


async def test_names_without_end_take_no_memory_without_end(catalog: CatalogSnapshot) -> None:
    for number in range(10_000):
        catalog.peek(f"openai/m{number}", Kind.chat)
    assert len(catalog._routes) <= 4096


async def test_a_target_says_what_its_model_surely_lacks(catalog: CatalogSnapshot, database: Database) -> None:
    assert catalog.peek("openai/o3-mini", Kind.chat).lacks == {"vision"}
    assert catalog.peek("openai/gpt-4o", Kind.chat).lacks == frozenset()
    assert "chatCompletion" in catalog.peek("openai/text-embedding-3-small", Kind.chat).lacks
    unaware = await looked(database, VAULT, knows_lacks=False)
    assert unaware.peek("openai/text-embedding-3-small", Kind.chat).lacks == frozenset()


async def priced(database: Database, rates: list[tuple[str, str, Kind]]) -> CatalogSnapshot:
    """The catalog where calls are priced, with a rate for each of (provider, model, kind)."""
    book = RateBook(CLOCK, IdSource(CLOCK, 3), Journal(VAULT, CLOCK))
    async with database.write() as conn:
        by_name = {provider.name: provider.id for provider in await store.list_providers(conn)}
        for number, (provider, model, kind) in enumerate(rates, start=1):
            await book.add(conn, SYSTEM, [by_name[provider]], RateDraft(model, kind, Tariff(number, 0)))
        await book.switch(conn, SYSTEM, is_on=True, prefix="$")
    return await looked(database, VAULT)


RATES = [
    ("openrouter", "openai/gpt-4o", Kind.chat),
    ("openai", "gpt-4o", Kind.chat),
    ("openai", "gpt-4o", Kind.image),
    ("openrouter", "meta/llama", Kind.chat),
    ("anthropic", "claude", Kind.chat),
    ("local", "smol", Kind.chat),
]


@pytest.mark.parametrize(
    ("name", "kind", "provider", "model", "rate"),
    [
        ("openai/gpt-4o", Kind.chat, "openai", "gpt-4o", 2),
        ("aignehub/openai/gpt-4o", Kind.chat, "openai", "gpt-4o", 2),
        ("openai/gpt-4o", Kind.image, "openai", "gpt-4o", 3),
        ("openrouter/openai/gpt-4o", Kind.chat, "openrouter", "openai/gpt-4o", 1),
        ("gpt-4o", Kind.chat, "openai", "gpt-4o", 2),
        ("gpt-4o", Kind.image, "openai", "gpt-4o", 3),
        ("llama", Kind.chat, "openrouter", "meta/llama", 4),
        ("meta/llama", Kind.chat, "openrouter", "meta/llama", 4),
        ("smol", Kind.chat, "local", "smol", 6),
    ],
)
async def test_where_calls_are_priced_a_name_leads_to_a_rate(
    catalog: CatalogSnapshot, database: Database, name: str, kind: Kind, provider: str, model: str, rate: int
) -> None:
    seen = await priced(database, RATES)
    target = seen.peek(name, kind)
    assert (target.provider.name, target.model, target.tariff) == (provider, model, Tariff(rate, 0))
    assert seen.peek(name, kind) is target
    assert seen.peek(name).provider.name == provider
    assert seen.billing.prefix == "$"
    assert catalog.peek("openai/gpt-4o", kind).tariff is None


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("openai/gpt-4.1", Kind.chat, "Unsupported model openai/gpt-4.1"),
        ("openai/gpt-4o", Kind.embedding, "Unsupported model openai/gpt-4o"),
        ("gpt-4.1", Kind.chat, "Unsupported model gpt-4.1"),
        ("gpt-4o", Kind.embedding, "Unsupported model gpt-4o"),
        ("nowhere/gpt-4o", Kind.chat, "Unsupported model nowhere/gpt-4o"),
        ("claude", Kind.chat, 'No available provider found for model "claude"'),
    ],
)
async def test_a_model_without_a_rate_is_none(
    catalog: CatalogSnapshot, database: Database, name: str, kind: Kind, message: str
) -> None:
    seen = await priced(database, RATES)
    with pytest.raises(BadRequest, match=message) as refused:
        seen.peek(name, kind)
    assert refused.value.param == "model"


async def test_what_has_a_rate_is_what_is_listed(catalog: CatalogSnapshot, database: Database) -> None:
    seen = await priced(database, RATES)
    assert [(one.id, one.kind) for one in seen.models()] == [
        ("openai/gpt-4o", Kind.chat),
        ("openai/gpt-4o", Kind.image),
        ("openrouter/meta/llama", Kind.chat),
        ("openrouter/openai/gpt-4o", Kind.chat),
        ("local/smol", Kind.chat),
    ]
    assert [one.rate.tariff.input for one in seen.models() if one.rate] == [2, 3, 4, 1, 6]


async def test_an_earlier_target_is_priced_as_of_now(catalog: CatalogSnapshot, database: Database) -> None:
    before = catalog.peek("openai/gpt-4o", Kind.chat)
    assert catalog.priced(before, Kind.chat) is before
    seen = await priced(database, RATES)
    assert seen.priced(before, Kind.chat).tariff == Tariff(2, 0)
    with pytest.raises(BadRequest, match="Unsupported model openai/gpt-4o"):
        seen.priced(before, Kind.video)


async def add_keys(database: Database, provider: str, *weights: int, boot: int = 4) -> None:
    """More credentials of a provider, with these weights."""
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, boot), Journal(VAULT, CLOCK))
    async with database.write() as conn:
        (found,) = [one for one in await store.list_providers(conn) if one.name == provider]
        for number, weight in enumerate(weights):
            value = {"api_key": f"sk-{provider}-{boot}-{number}-0123456789"}
            added = await registry.add_credential(conn, SYSTEM, found.id, f"n{number}", value)
            await store.save_credential(conn, replace(added, weight=weight))


async def test_a_route_has_every_usable_credential_with_its_weight(
    catalog: CatalogSnapshot, database: Database
) -> None:
    await add_keys(database, "openai", 10, 0)
    async with database.write() as conn:
        last = (await store.list_credentials(conn))[-1]
        await store.save_credential(conn, replace(last, active=False))
    await add_keys(database, "openai", 7, boot=5)
    seen = await looked(database, VAULT)
    (pool,) = seen.route("openai/gpt-4o", Kind.chat).pools
    assert pool.weights == (100, 10, 7)
    assert pool.ids == tuple(target.credential_id for target in pool.targets)
    assert {target.model for target in pool.targets} == {"gpt-4o"}
    assert len({target.headers[0] for target in pool.targets}) == 3
    assert seen.route("openai/o3", Kind.chat).pools[0].ids is pool.ids
    assert seen.route("openai/gpt-4o", Kind.chat) is seen.route("openai/gpt-4o", Kind.chat)


def places(snapshot: CatalogSnapshot, name: str) -> list[tuple[str, str]]:
    return [(pool.targets[0].provider.name, pool.targets[0].model) for pool in snapshot.route(name, Kind.chat).pools]


async def test_a_bare_name_leads_to_all_who_serve_it(catalog: CatalogSnapshot) -> None:
    assert places(catalog, "gpt-4o") == [("openai", "gpt-4o"), ("openrouter", "openai/gpt-4o")]
    assert places(catalog, "claude-haiku-4-5") == [("openrouter", "anthropic/claude-haiku-4-5")]
    assert places(catalog, "openai/gpt-4o") == [("openai", "gpt-4o")]


async def test_of_those_who_list_their_models_only_who_lists_this_one_serves_it(
    catalog: CatalogSnapshot, database: Database
) -> None:
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 4), Journal(VAULT, CLOCK))
    ids = {provider.name: provider.id for provider in catalog.providers()}
    async with database.write() as conn:
        await registry.put_models(conn, ids["openai"], [("gpt-4o", Kind.chat), ("o3", Kind.chat)])
        await registry.put_models(conn, ids["openrouter"], [("openai/gpt-4o", Kind.chat)])
        await registry.put_models(conn, ids["local"], [("smol", Kind.chat), ("o3", Kind.chat)])
    seen = await looked(database, VAULT)
    assert places(seen, "gpt-4o") == [("openai", "gpt-4o"), ("openrouter", "openai/gpt-4o")]
    assert sorted(places(seen, "o3")) == [("local", "o3"), ("openai", "o3")]
    assert places(seen, "gpt-9") == [("openai", "gpt-9"), ("openrouter", "openai/gpt-9")]  # lists may be old


async def test_bedrock_serves_a_bare_name_that_nobody_else_does(catalog: CatalogSnapshot, database: Database) -> None:
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 6), Journal(VAULT, CLOCK))
    async with database.write() as conn:
        bedrock = await registry.add_provider(conn, SYSTEM, "bedrock", region="us-east-1")
    await add_keys(database, "bedrock", 1)
    assert places(await looked(database, VAULT), "claude-opus-4-7") == [("openrouter", "anthropic/claude-opus-4-7")]
    async with database.write() as conn:
        await registry.put_models(conn, bedrock.id, [("anthropic.claude-opus-4-7", Kind.chat)])
        (other,) = [one for one in catalog.providers() if one.name == "openrouter"]
        await registry.change_provider(conn, SYSTEM, other.id, enabled=False)
    seen = await looked(database, VAULT)
    assert places(seen, "claude-opus-4-7") == [("bedrock", "anthropic.claude-opus-4-7")]
    assert places(seen, "llama3-3-70b-instruct-v1:0") == [("bedrock", "meta.llama3-3-70b-instruct-v1:0")]


async def test_where_calls_are_priced_a_bare_name_leads_to_all_rates(
    catalog: CatalogSnapshot, database: Database
) -> None:
    await add_keys(database, "openai", 50)
    seen = await priced(database, [*RATES, ("local", "x/gpt-4o", Kind.chat)])
    pools = seen.route("gpt-4o", Kind.chat).pools
    assert places(seen, "gpt-4o") == [("openai", "gpt-4o"), ("openrouter", "openai/gpt-4o"), ("local", "x/gpt-4o")]
    assert [{target.tariff for target in pool.targets} for pool in pools] == [{Tariff(n, 0)} for n in (2, 1, 7)]
    assert len(pools[0].targets) == 2


async def test_many_credentials_take_no_memory_without_end(catalog: CatalogSnapshot, database: Database) -> None:
    await add_keys(database, "openai", *[1] * 99)
    seen = await looked(database, VAULT)
    for number in range(1500):
        seen.route(f"openai/m{number}", Kind.chat)
    kept = sum(len(pool.targets) for route in seen._routes.values() for pool in route.pools)
    assert 0 < kept == seen._kept <= 65_536


async def test_no_bare_name_leads_to_who_is_left_out_priced_or_not(
    catalog: CatalogSnapshot, database: Database
) -> None:
    async with database.write() as conn:
        await write_excluded(conn, ("openai",), 0)
    seen = await looked(database, VAULT)
    assert seen.peek("gpt-4o").provider.name == "openrouter"
    assert seen.peek("openai/gpt-4o").provider.name == "openai"
    assert [one.target for one in seen.passed_over("gpt-4o")] == ["openai/gpt-4o"]
    async with database.write() as conn:
        rates = RateBook(CLOCK, IdSource(CLOCK, 2), Journal(VAULT, CLOCK))
        await rates.add(conn, SYSTEM, [one.id for one in seen.ready()], RateDraft("gpt-4o", Kind.chat, Tariff(1, 1)))
        await rates.switch(conn, SYSTEM, is_on=True)
    pools = (await looked(database, VAULT)).route("gpt-4o", Kind.chat).pools
    assert "openai" not in [pool.targets[0].provider.name for pool in pools]
    assert len(pools) == 2


async def test_a_target_has_the_limits_of_its_provider_model_and_credential(database: Database) -> None:
    registry = Registry(VAULT, CLOCK, IdSource(CLOCK, 1), Journal(VAULT, CLOCK))
    limits = ProviderLimits(total_s=60, models={"o*": Trying(total_s=600)})
    async with database.write() as conn:
        openai = await registry.add_provider(conn, SYSTEM, "openai", limits=limits)
        await registry.add_credential(conn, SYSTEM, openai.id, "n", {"api_key": "sk-openai-0123456789"}, concurrency=3)
        other = await registry.add_provider(conn, SYSTEM, "openrouter")
        await registry.add_credential(conn, SYSTEM, other.id, "n", {"api_key": "sk-other-0123456789"})
    catalog = await looked(database, VAULT)
    assert catalog.peek("openai/o9").limits == TargetLimits(Trying(total_s=600), None, 3, 3)
    assert catalog.peek("openai/gpt-4o").limits == TargetLimits(Trying(total_s=60), None, 3, 3)
    assert catalog.peek("openrouter/o9").limits is None
    known = catalog.peek("openai/o9")
    assert catalog.reach(openai.id, known.credential_id, "o9").limits == known.limits
