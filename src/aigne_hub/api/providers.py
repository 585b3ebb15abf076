"""Providers and their credentials over the API live here (contract 2.8)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from aigne_hub.api.callers import Admin, Anyone, InHouse, Read, Write
from aigne_hub.api.rate_shapes import RatedProvider, ShownRate
from aigne_hub.api.shapes import ListedProvider, Message, NewProvider, ProviderChange, ShownCredential, ShownProvider
from aigne_hub.api.values import as_id
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import ProviderId
from aigne_hub.catalog.rates.store import list_rates
from aigne_hub.providers.rows import KNOWN

router = APIRouter()


@router.get("")
async def list_providers(
    _by: Admin,
    house: InHouse,
    conn: Read,
    name: str | None = None,
    include_model_rates: Annotated[bool, Query(alias="includeModelRates")] = False,
) -> list[RatedProvider] | list[ListedProvider]:
    """Providers with their credentials, and with their rates for whoever asks for them."""
    credentials = await store.list_credentials(conn)
    listed = [
        ListedProvider(
            **ShownProvider.of(provider).model_dump(),
            credentials=[
                ShownCredential.of(one, house.state_of(one)) for one in credentials if one.provider_id == provider.id
            ],
            environment_keys=house.catalog.environment_keys(provider.id),
        )
        for provider in await store.list_providers(conn)
        if name is None or provider.name == name
    ]
    if not include_model_rates:
        return listed
    rates = [ShownRate.of(rate) for rate in await list_rates(conn)]
    return [
        RatedProvider(**one.model_dump(), model_rates=[rate for rate in rates if rate.provider_id == one.id])
        for one in listed
    ]


@router.post("")
async def create_provider(body: NewProvider, by: Admin, house: InHouse, conn: Write) -> ShownProvider:
    provider = await house.providers.add_provider(
        conn,
        by.actor,
        body.name,
        base_url=body.base_url,
        display_name=body.display_name,
        region=body.region,
        enabled=body.enabled,
        dialects=body.dialects,
        limits=body.limits.limits(),
    )
    return ShownProvider.of(provider)


@router.get("/health")
async def health(_by: Anyone, house: InHouse) -> dict[str, object]:
    """Which providers could be called right now; the names of credentials are nobody's business here."""
    ready = {one.provider.id for one in house.catalog.usable() if house.health.is_open(one)}
    return {"providers": {p.name: {"running": p.id in ready} for p in house.catalog.providers()}}


@router.get("/test-models")
async def test_models(_by: Admin) -> dict[str, str]:
    """The model that a credential of each known provider is tried with."""
    return {provider.name: provider.test_model for provider in KNOWN.values() if provider.test_model}


@router.put("/{provider_id}")
async def change_provider(
    provider_id: str, body: ProviderChange, by: Admin, house: InHouse, conn: Write
) -> ShownProvider:
    changed = await house.providers.change_provider(
        conn,
        by.actor,
        ProviderId(as_id(provider_id, "Provider")),
        name=body.name,
        base_url=body.base_url,
        display_name=body.display_name,
        region=body.region,
        enabled=body.enabled,
        dialects=body.dialects,
        limits=None if body.limits is None else body.limits.limits(),
    )
    return ShownProvider.of(changed)


@router.delete("/{provider_id}")
async def remove_provider(provider_id: str, by: Admin, house: InHouse, conn: Write) -> Message:
    await house.providers.remove_provider(conn, by.actor, ProviderId(as_id(provider_id, "Provider")))
    return Message(message="Provider deleted successfully")
