"""The rows of rates live here, and those of the preferences about them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update

from aigne_hub.catalog.entries import ProviderId, Tariff
from aigne_hub.catalog.rates.entries import Billing, Rate, RateId, RateMetadata
from aigne_hub.catalog.store import COUNTER
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import model_rates, preferences
from aigne_hub.db.versions import bump
from aigne_hub.dialects.call import Kind

_SWITCH, _PREFIX = "credit_based_billing_enabled", "credit_prefix"


@dataclass(frozen=True, slots=True)
class RateFilter:
    """Which rates a listing wants, empty is "any": `model` is part of a name, `search` of a name or a description."""

    provider_ids: tuple[ProviderId, ...] = ()
    model: str = ""
    search: str = ""


async def add_rate(conn: Conn, rate: Rate) -> None:
    await bump(conn, COUNTER)
    await conn.execute(insert(model_rates).values(id=rate.id, created_ms=rate.created_ms, **_columns(rate)))


async def save_rate(conn: Conn, rate: Rate) -> None:
    await bump(conn, COUNTER)
    await conn.execute(update(model_rates).where(model_rates.c.id == rate.id).values(**_columns(rate)))


async def remove_rate(conn: Conn, rate_id: RateId) -> None:
    await bump(conn, COUNTER)
    await conn.execute(delete(model_rates).where(model_rates.c.id == rate_id))


async def find_rate(conn: Conn, provider_id: ProviderId, rate_id: RateId) -> Rate | None:
    query = select(model_rates).where(model_rates.c.id == rate_id, model_rates.c.provider_id == provider_id)
    row = (await conn.execute(query)).one_or_none()
    return _rate(row) if row else None


async def find_rate_of(conn: Conn, provider_id: ProviderId, model: str, kind: Kind) -> Rate | None:
    query = select(model_rates).where(
        model_rates.c.provider_id == provider_id, model_rates.c.model == model, model_rates.c.kind == kind.value
    )
    row = (await conn.execute(query)).one_or_none()
    return _rate(row) if row else None


async def list_rates(conn: Conn) -> list[Rate]:
    """Every rate, the oldest first."""
    return [_rate(row) for row in await conn.execute(select(model_rates).order_by(model_rates.c.id))]


async def rates_of(conn: Conn, provider_id: ProviderId) -> list[Rate]:
    """The rates of a provider, by model and kind."""
    query = select(model_rates).where(model_rates.c.provider_id == provider_id)
    return [_rate(row) for row in await conn.execute(query.order_by(model_rates.c.model, model_rates.c.kind))]


async def count_rates(conn: Conn, wanted: RateFilter) -> int:
    query = select(func.count()).select_from(model_rates).where(*_conditions(wanted))
    return int((await conn.execute(query)).scalar_one())


async def page_of_rates(
    conn: Conn, wanted: RateFilter, *, offset: int, limit: int, is_oldest_first: bool
) -> list[Rate]:
    order = model_rates.c.id if is_oldest_first else model_rates.c.id.desc()
    query = select(model_rates).where(*_conditions(wanted)).order_by(order).offset(offset).limit(limit)
    return [_rate(row) for row in await conn.execute(query)]


async def read_billing(conn: Conn) -> Billing:
    rows = await conn.execute(
        select(preferences.c.name, preferences.c.value).where(preferences.c.name.in_((_SWITCH, _PREFIX)))
    )
    kept = {row.name: row.value for row in rows}
    is_on = msgspec.json.decode(kept[_SWITCH], type=bool) if _SWITCH in kept else False
    prefix = msgspec.json.decode(kept[_PREFIX], type=str) if _PREFIX in kept else ""
    return msgspec.convert({"is_on": is_on, "prefix": prefix}, Billing)


async def write_billing(conn: Conn, billing: Billing, now_ms: int) -> None:
    await bump(conn, COUNTER)
    for name, value in ((_SWITCH, billing.is_on), (_PREFIX, billing.prefix)):
        await conn.execute(delete(preferences).where(preferences.c.name == name))
        written = msgspec.json.encode(value).decode()
        await conn.execute(insert(preferences).values(name=name, value=written, updated_ms=now_ms))


def _conditions(wanted: RateFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.provider_ids:
        found.append(model_rates.c.provider_id.in_(wanted.provider_ids))
    if wanted.model:
        found.append(model_rates.c.model.icontains(wanted.model, autoescape=True))
    if wanted.search:
        columns = (model_rates.c.model, model_rates.c.model_display, model_rates.c.description)
        found.append(or_(*(column.icontains(wanted.search, autoescape=True) for column in columns)))
    return found


def _columns(rate: Rate) -> dict[str, object]:
    tariff = rate.tariff
    return {
        "provider_id": rate.provider_id,
        "model": rate.model,
        "kind": rate.kind.value,
        "model_display": rate.model_display,
        "description": rate.description,
        "input_rate": str(tariff.input),
        "output_rate": str(tariff.output),
        "cache_read_rate": _written(tariff.cache_read),
        "cache_write_rate": _written(tariff.cache_write),
        "input_cost": _written(rate.input_cost),
        "output_cost": _written(rate.output_cost),
        "model_metadata": msgspec.json.encode(rate.metadata).decode() if rate.metadata else None,
        "updated_ms": rate.updated_ms,
    }


def _written(number: int | None) -> str | None:
    return None if number is None else str(number)


def _read(text: str | None) -> int | None:
    return None if text is None else int(text)


def _rate(row: Row[tuple[object, ...]]) -> Rate:
    r = row._mapping
    return Rate(
        id=RateId(r["id"]),
        provider_id=ProviderId(r["provider_id"]),
        model=r["model"],
        kind=Kind(r["kind"]),
        model_display=r["model_display"],
        description=r["description"],
        tariff=Tariff(
            int(r["input_rate"]), int(r["output_rate"]), _read(r["cache_read_rate"]), _read(r["cache_write_rate"])
        ),
        input_cost=_read(r["input_cost"]),
        output_cost=_read(r["output_cost"]),
        metadata=msgspec.json.decode(r["model_metadata"], type=RateMetadata) if r["model_metadata"] else None,
        created_ms=r["created_ms"],
        updated_ms=r["updated_ms"],
    )
