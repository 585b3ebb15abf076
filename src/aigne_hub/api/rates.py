"""The rates of models over the API live here (contract 2.8)."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from aigne_hub.api.callers import Admin, InHouse, Read, Write
from aigne_hub.api.rate_shapes import BulkUpdate, ListedRate, NewRate, NewRates, RateChange, RepricedRate, ShownRate
from aigne_hub.api.shapes import Message, Shape, ShownProvider
from aigne_hub.api.values import as_id
from aigne_hub.base.money import shown_rate
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import ProviderId
from aigne_hub.catalog.rates import store
from aigne_hub.catalog.rates.entries import RateId
from aigne_hub.catalog.rates.store import RateFilter

router = APIRouter(tags=["rates"])


class RateQuery(Shape):
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Query(ge=1, le=100)] = 20
    provider_id: Annotated[str, Query(max_length=2000, description="One id, or several with commas.")] = ""
    model: Annotated[str, Query(max_length=200)] = ""
    q: Annotated[str, Query(max_length=200)] = ""
    o: Literal["asc", "desc"] = "desc"
    include_deprecated: bool = False


class Paging(Shape):
    page: int
    page_size: int


class RatePage(Shape):
    count: int
    list: list[ListedRate]
    paging: Paging


class Total(Shape):
    total: int


class CreatedRates(Shape):
    message: str
    data: list[ShownRate]
    summary: Total


class BulkAnswer(Shape):
    message: str
    updated: int
    skipped: int
    parameters: dict[str, str]
    summary: list[RepricedRate]


@router.get("/model-rates")
async def list_rates(query: Annotated[RateQuery, Query()], _by: Admin, house: InHouse, conn: Read) -> RatePage:
    """The rates of all providers, the newest first."""
    ids = [ProviderId(as_id(one.strip(), "Provider")) for one in query.provider_id.split(",") if one.strip()]
    wanted = RateFilter(tuple(ids), query.model, query.q)
    offset = (query.page - 1) * query.page_size
    found = await store.page_of_rates(
        conn, wanted, offset=offset, limit=query.page_size, is_oldest_first=query.o == "asc"
    )
    providers = {one.id: ShownProvider.of(one) for one in await catalog_store.list_providers(conn)}
    ready = {provider.id for provider in house.catalog.ready()}
    return RatePage(
        count=await store.count_rates(conn, wanted),
        list=[
            ListedRate.at(
                rate,
                providers.get(rate.provider_id),
                house.statuses.fault((rate.provider_id, rate.model)),
                is_available=rate.provider_id in ready,
            )
            for rate in found
        ],
        paging=Paging(page=query.page, page_size=query.page_size),
    )


@router.post("/model-rates")
async def create_rates(body: NewRates, by: Admin, house: InHouse, conn: Write) -> CreatedRates:
    """Give several providers the same rate, all or none."""
    ids = [ProviderId(as_id(one, "Provider")) for one in body.providers]
    added = await house.rates.add(conn, by.actor, ids, body.draft)
    return CreatedRates(
        message=f"Successfully created {len(added)} model rates",
        data=[ShownRate.of(rate) for rate in added],
        summary=Total(total=len(added)),
    )


@router.post("/bulk-rate-update")
async def update_rates(body: BulkUpdate, by: Admin, house: InHouse, conn: Write) -> BulkAnswer:
    """Set every rate whose unit cost is known to that cost and a margin: cost * (1 + margin / 100) / credit price."""
    repriced, skipped = await house.rates.reprice(conn, by.actor, body.margin)
    names = {one.id: one.name for one in await catalog_store.list_providers(conn)}
    return BulkAnswer(
        message=f"Successfully updated {len(repriced)} model rates",
        updated=len(repriced),
        skipped=skipped,
        parameters={"profitMargin": shown_rate(body.profit_margin), "creditPrice": shown_rate(body.credit_price)},
        summary=[RepricedRate.of(one, names[one.old.provider_id]) for one in repriced],
    )


@router.get("/{provider_id}/model-rates")
async def rates_of_provider(
    provider_id: str,
    _by: Admin,
    house: InHouse,
    conn: Read,
    _include_deprecated: Annotated[bool, Query(alias="includeDeprecated")] = False,
) -> list[ShownRate]:
    """The rates of one provider, by model and type."""
    provider = await house.providers.provider(conn, _provider(provider_id))
    return [ShownRate.of(rate) for rate in await store.rates_of(conn, provider.id)]


@router.post("/{provider_id}/model-rates")
async def create_rate(provider_id: str, body: NewRate, by: Admin, house: InHouse, conn: Write) -> ShownRate:
    provider = await house.providers.provider(conn, _provider(provider_id))
    (added,) = await house.rates.add(conn, by.actor, [provider.id], body.draft)
    return ShownRate.of(added)


@router.put("/{provider_id}/model-rates/{rate_id}")
async def change_rate(
    provider_id: str, rate_id: str, body: RateChange, by: Admin, house: InHouse, conn: Write
) -> ShownRate:
    old = await house.rates.rate(conn, _provider(provider_id), _rate(rate_id))
    return ShownRate.of(await house.rates.change(conn, by.actor, old, body.of(old)))


@router.delete("/{provider_id}/model-rates/{rate_id}")
async def remove_rate(provider_id: str, rate_id: str, by: Admin, house: InHouse, conn: Write) -> Message:
    old = await house.rates.rate(conn, _provider(provider_id), _rate(rate_id))
    await house.rates.remove(conn, by.actor, old)
    return Message(message="Model rate deleted successfully")


def _provider(text: str) -> ProviderId:
    return ProviderId(as_id(text, "Provider"))


def _rate(text: str) -> RateId:
    return RateId(as_id(text, "Model rate"))
