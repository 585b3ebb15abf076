"""Keeping a credential only after its provider took it."""

from __future__ import annotations

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, CredentialKind, ProviderId
from aigne_hub.flows.keep_credential import CredentialDraft
from tests.running import RunningHub
from tests.upstream import COMPLETION, Upstream, whole

pytestmark = pytest.mark.anyio

DRAFT = CredentialDraft("n", CredentialKind.api_key, {"api_key": "sk-draft-0123456789"})


async def kept(hub: RunningHub) -> list[Credential]:
    async with hub.house.database.read() as conn:
        return await store.list_credentials(conn)


async def test_a_taken_credential_brings_the_models_along(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"data": [{"id": "a"}, {"id": "a"}, {"id": ""}, {"id": "x" * 201}]})
    await hub.house.credentials.add(SYSTEM, hub.provider.id, DRAFT)
    async with hub.house.database.read() as conn:
        assert [model.name for model in await store.list_models(conn)] == ["a"]


async def test_what_is_known_of_the_models_comes_along_and_is_refreshed_by_a_recheck(
    hub: RunningHub, upstream: Upstream
) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, name="openai")
        (credential,) = await store.list_credentials(conn)
    upstream.script = whole({"data": [{"id": "gpt-4o"}]})
    await hub.house.credentials.add(SYSTEM, hub.provider.id, DRAFT)
    async with hub.house.database.read() as conn:
        (model,) = await store.list_models(conn)
    assert model.facts.context_window == 128_000
    assert model.facts.prices is not None
    assert model.facts.abilities == ("tools", "vision")
    upstream.script = whole({"data": [{"id": "whisper-1"}]})
    await hub.house.credentials.recheck(SYSTEM, hub.provider.id, credential.id, test_model=None)
    async with hub.house.database.read() as conn:
        assert [(one.name, one.facts.abilities) for one in await store.list_models(conn)] == [("whisper-1", ("audio",))]


async def test_a_provider_that_lists_nothing_keeps_the_models_it_has(hub: RunningHub, upstream: Upstream) -> None:
    (credential,) = await kept(hub)

    async def script(asked, writer):  # type: ignore[no-untyped-def]
        await whole(COMPLETION, 404 if asked.method == "GET" else 200)(asked, writer)

    upstream.script = script
    await hub.house.credentials.recheck(SYSTEM, hub.provider.id, credential.id, test_model="m")
    async with hub.house.database.read() as conn:
        assert [one.name for one in await store.list_models(conn)] == ["e", "m"]


async def test_a_refused_credential_changes_nothing(hub: RunningHub, upstream: Upstream) -> None:
    before = await kept(hub)
    upstream.script = whole({}, 401)
    with pytest.raises(BadRequest):
        await hub.house.credentials.add(SYSTEM, hub.provider.id, DRAFT)
    with pytest.raises(BadRequest):
        await hub.house.credentials.change(SYSTEM, hub.provider.id, before[0].id, DRAFT)
    assert await kept(hub) == before


async def test_an_unchecked_credential_is_kept_without_a_call(hub: RunningHub, upstream: Upstream) -> None:
    await hub.house.credentials.add(SYSTEM, hub.provider.id, DRAFT, is_checked=False)
    assert upstream.asked == []
    assert len(await kept(hub)) == 2


async def test_a_provider_that_is_not_there_is_not_found(hub: RunningHub) -> None:
    with pytest.raises(NotFound):
        await hub.house.credentials.add(SYSTEM, ProviderId(1), DRAFT)


def test_a_draft_does_not_show_its_secret() -> None:
    assert "sk-draft" not in repr(DRAFT)
