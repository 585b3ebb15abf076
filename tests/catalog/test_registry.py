"""Adding and changing providers and credentials, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Unreadable, Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import CredentialId, CredentialKind, CredentialState, ProviderId
from aigne_hub.catalog.limits import NONE, ProviderLimits, Trying
from aigne_hub.catalog.registry import Registry
from aigne_hub.db.engine import Database
from aigne_hub.db.schema import audit
from aigne_hub.dialects.call import Kind

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
SECRET = "sk-abcdefghijklmnop"


def registry_of(vault: Vault) -> Registry:
    return Registry(vault, CLOCK, IdSource(CLOCK, 1), Journal(vault, CLOCK))


@pytest.fixture
def registry() -> Registry:
    return registry_of(Vault(bytes(32)))


async def test_a_known_provider_needs_only_its_name(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        added = await registry.add_provider(conn, SYSTEM, "OpenAI")
        assert (added.name, added.display_name, added.base_url) == ("openai", "OpenAI", "https://api.openai.com/v1")
        assert await store.find_provider(conn, added.id) == added


async def test_a_provider_speaks_what_it_is_said_to(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        spoken = ("anthropic_messages", "openai_chat")
        added = await registry.add_provider(
            conn, SYSTEM, "mine", base_url="http://127.0.0.1:1/v1", dialects=[*spoken, "openai_chat"]
        )
        assert added.dialects == spoken
        found = await store.find_provider(conn, added.id)
        assert found is not None
        assert found.dialects == spoken
        changed = await registry.change_provider(conn, SYSTEM, added.id, dialects=["openai_chat"])
        assert changed.dialects == ("openai_chat",)
        with pytest.raises(BadRequest, match="esperanto is no dialect; there are anthropic_messages") as refused:
            await registry.change_provider(conn, SYSTEM, added.id, dialects=["esperanto"])
        assert refused.value.param == "dialects"


async def test_gemini_is_google(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        assert (await registry.add_provider(conn, SYSTEM, "gemini")).name == "google"


@pytest.mark.parametrize(
    ("name", "base_url", "message"),
    [
        ("my-own", None, "needs a base URL"),
        ("azure", None, "such as https://NAME.openai.azure.com/openai/v1"),
        ("a b", "http://x", "1 to 50"),
        ("", "http://x", "1 to 50"),
        ("a/b", "http://x", "1 to 50"),
        ("aignehub", "http://x", "1 to 50"),
        ("x" * 51, "http://x", "1 to 50"),
        ("own", "ftp://x", "cannot be used"),
        ("own", "http://user:pw@x", "cannot be used"),
        ("own", "http://x/?a=1", "cannot be used"),
        ("own", "x.example.com", "cannot be used"),
    ],
)
async def test_an_unusable_provider_is_refused(
    database: Database, registry: Registry, name: str, base_url: str | None, message: str
) -> None:
    async with database.write() as conn:
        with pytest.raises(BadRequest, match=message):
            await registry.add_provider(conn, SYSTEM, name, base_url=base_url)


async def test_a_name_belongs_to_one_provider(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        await registry.add_provider(conn, SYSTEM, "openai")
        with pytest.raises(Conflict, match="already exists"):
            await registry.add_provider(conn, SYSTEM, "OPENAI")


async def test_a_change_keeps_the_rest(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        old = await registry.add_provider(conn, SYSTEM, "openai")
        changed = await registry.change_provider(conn, SYSTEM, old.id, enabled=False)
        assert (changed.enabled, changed.base_url) == (False, old.base_url)
        assert await store.find_provider(conn, old.id) == changed
        with pytest.raises(NotFound):
            await registry.change_provider(conn, SYSTEM, ProviderId(1), enabled=True)


async def test_a_credential_is_sealed_and_masked(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        kept = await registry.add_credential(conn, SYSTEM, provider.id, "team", {"api_key": SECRET})
    async with database.read() as conn:
        (found,) = await store.list_credentials(conn)
    assert found == kept
    assert registry.open(found) == {"api_key": SECRET}
    assert found.masked == {"api_key": "sk-a***********mnop"}
    assert SECRET.encode() not in found.sealed
    assert SECRET not in repr(found)
    with pytest.raises(Unreadable):
        registry_of(Vault(bytes([1]) * 32)).open(found)


async def test_a_sealed_credential_opens_only_in_its_own_row(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        one = await registry.add_credential(conn, SYSTEM, provider.id, "one", {"api_key": SECRET})
        two = await registry.add_credential(conn, SYSTEM, provider.id, "two", {"api_key": "sk-other-other-other"})
    with pytest.raises(Unreadable):
        registry.open(replace(one, sealed=two.sealed))


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ({}, CredentialKind.api_key, "lacks its api_key"),
        ({"api_key": "  "}, CredentialKind.api_key, "lacks its api_key"),
        ({"api_key": "sk-a b"}, CredentialKind.api_key, "visible ASCII"),
        ({"api_key": "sk-é"}, CredentialKind.api_key, "visible ASCII"),
        ({"api_key": "sk\r\nx: y"}, CredentialKind.api_key, "visible ASCII"),
        ({"access_key_id": "AKIA"}, CredentialKind.access_key_pair, "lacks its secret_access_key"),
    ],
)
async def test_an_unusable_credential_is_refused(
    database: Database, registry: Registry, value: dict[str, str], kind: CredentialKind, message: str
) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        with pytest.raises(BadRequest, match=message):
            await registry.add_credential(conn, SYSTEM, provider.id, "n", value, kind=kind)


async def test_a_credential_is_changed_in_what_is_given_alone(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        kept = await registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": SECRET}, weight=5)
        await store.save_credential(
            conn, replace(kept, active=False, error="refused", failures=3, checked_ms=1, next_check_ms=2)
        )
        changed = await registry.change_credential(
            conn, SYSTEM, provider.id, kept.id, value={"api_key": "sk-new-new-new"}
        )
        assert registry.open(changed) == {"api_key": "sk-new-new-new"}
        assert (changed.name, changed.state, changed.error, changed.weight) == (
            "n", CredentialState.invalid, "refused", 5,
        )  # fmt: skip
        assert changed.updated_ms > kept.updated_ms
        assert await store.find_credential(conn, provider.id, kept.id) == changed


@pytest.mark.parametrize(("active", "state"), [(True, CredentialState.active), (False, CredentialState.off)])
async def test_who_switches_a_credential_on_or_off_ends_its_error_and_rechecks(
    database: Database, registry: Registry, active: bool, state: CredentialState
) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        kept = await registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": SECRET})
        refused = replace(kept, active=False, error="refused", failures=3, checked_ms=1, next_check_ms=2)
        await store.save_credential(conn, refused)
        changed = await registry.change_credential(conn, SYSTEM, provider.id, kept.id, weight=0, active=active)
        assert (changed.state, changed.error, changed.failures, changed.checked_ms, changed.next_check_ms) == (
            state, None, 0, None, None,
        )  # fmt: skip
        assert await store.find_credential(conn, provider.id, kept.id) == changed
        assert changed.weight == 0


@pytest.mark.parametrize("weight", [-1, 1001])
async def test_a_weight_has_bounds(database: Database, registry: Registry, weight: int) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        with pytest.raises(BadRequest, match="a whole number from 0, which is never chosen, to 1000"):
            await registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": SECRET}, weight=weight)
        kept = await registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": SECRET})
        with pytest.raises(BadRequest, match="never chosen"):
            await registry.change_credential(conn, SYSTEM, provider.id, kept.id, weight=weight)


async def test_a_removed_provider_takes_its_credentials_and_models_along(
    database: Database, registry: Registry
) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        await registry.add_credential(conn, SYSTEM, provider.id, "n", {"api_key": SECRET})
        await registry.put_models(conn, provider.id, [("m", Kind.chat)])
        await registry.remove_provider(conn, SYSTEM, provider.id)
        assert await store.list_providers(conn) == []
        assert await store.list_credentials(conn) == []
        assert await store.list_models(conn) == []
        with pytest.raises(NotFound):
            await registry.remove_provider(conn, SYSTEM, provider.id)


async def test_a_credential_is_found_only_under_its_provider(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        mine = await registry.add_provider(conn, SYSTEM, "openai")
        other = await registry.add_provider(conn, SYSTEM, "deepseek")
        kept = await registry.add_credential(conn, SYSTEM, mine.id, "n", {"api_key": SECRET})
        with pytest.raises(NotFound):
            await registry.credential(conn, other.id, kept.id)
        with pytest.raises(NotFound):
            await registry.remove_credential(conn, SYSTEM, other.id, kept.id)
        await registry.remove_credential(conn, SYSTEM, mine.id, kept.id)
        with pytest.raises(NotFound):
            await registry.credential(conn, mine.id, CredentialId(kept.id))


async def test_limits_are_kept_and_noted(database: Database, registry: Registry) -> None:
    limits = ProviderLimits(total_s=60.0, concurrency=4, models={"o*": Trying(retries=0)})
    async with database.write() as conn:
        added = await registry.add_provider(conn, SYSTEM, "openai", limits=limits)
        assert await store.find_provider(conn, added.id) == added
        credential = await registry.add_credential(
            conn, SYSTEM, added.id, "n", {"api_key": "sk-openai-0123456789"}, concurrency=3
        )
        changed = await registry.change_provider(conn, SYSTEM, added.id, limits=NONE)
        assert (added.limits, changed.limits) == (limits, NONE)
        freed = await registry.change_credential(conn, SYSTEM, added.id, credential.id, concurrency=0)
        assert (credential.concurrency, freed.concurrency) == (3, None)
        assert await store.find_credential(conn, added.id, credential.id) == freed
        rows = (await conn.execute(select(audit.c.before, audit.c.after).order_by(audit.c.seq))).all()
    _, _, provider, changed_credential = [(json.loads(before or "{}"), json.loads(after)) for before, after in rows]
    assert [one["limits"] for one in provider] == [
        {"totalS": 60.0, "concurrency": 4, "models": {"o*": {"retries": 0}}},
        {},
    ]
    assert [one["concurrency"] for one in changed_credential] == [3, None]


async def test_limits_that_contradict_are_refused(database: Database, registry: Registry) -> None:
    async with database.write() as conn:
        provider = await registry.add_provider(conn, SYSTEM, "openai")
        bad = ProviderLimits(idle_s=60.0, total_s=50.0)
        with pytest.raises(BadRequest, match="totalS"):
            await registry.add_provider(conn, SYSTEM, "openrouter", limits=bad)
        with pytest.raises(BadRequest, match="totalS"):
            await registry.change_provider(conn, SYSTEM, provider.id, limits=bad)
