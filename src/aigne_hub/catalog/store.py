"""The rows of providers, credentials and models live here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Row, bindparam, delete, insert, select, update

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
from aigne_hub.catalog.limits import decoded, encoded
from aigne_hub.catalog.statuses.store import COUNTER as STATUS_COUNTER
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import credentials, models, providers
from aigne_hub.db.versions import bump
from aigne_hub.dialects.call import Kind

COUNTER = "catalog"


async def add_provider(conn: Conn, provider: Provider) -> None:
    await bump(conn, COUNTER)
    await conn.execute(insert(providers).values(id=provider.id, created_ms=provider.created_ms, **_columns(provider)))


async def save_provider(conn: Conn, provider: Provider) -> None:
    await bump(conn, COUNTER)
    await conn.execute(update(providers).where(providers.c.id == provider.id).values(**_columns(provider)))


def _columns(provider: Provider) -> dict[str, object]:
    return {
        "name": provider.name,
        "display_name": provider.display_name,
        "base_url": provider.base_url,
        "region": provider.region,
        "enabled": provider.enabled,
        "dialects": ",".join(provider.dialects) or None,
        "limits": encoded(provider.limits),
        "updated_ms": provider.updated_ms,
    }


async def remove_provider(conn: Conn, provider_id: ProviderId) -> bool:
    """Remove a provider with its credentials, its models and their statuses."""
    await bump(conn, COUNTER)
    await bump(conn, STATUS_COUNTER)
    removed = await conn.execute(delete(providers).where(providers.c.id == provider_id))
    return removed.rowcount == 1


async def find_provider(conn: Conn, provider_id: ProviderId) -> Provider | None:
    row = (await conn.execute(select(providers).where(providers.c.id == provider_id))).one_or_none()
    return _provider(row) if row else None


async def find_provider_by_name(conn: Conn, name: str) -> Provider | None:
    row = (await conn.execute(select(providers).where(providers.c.name == name))).one_or_none()
    return _provider(row) if row else None


async def list_providers(conn: Conn) -> list[Provider]:
    return [_provider(row) for row in await conn.execute(select(providers).order_by(providers.c.id))]


async def add_credential(conn: Conn, credential: Credential) -> None:
    await bump(conn, COUNTER)
    await conn.execute(
        insert(credentials).values(
            id=credential.id,
            provider_id=credential.provider_id,
            created_ms=credential.created_ms,
            usage_count=0,
            **_credential_columns(credential),
        )
    )


async def save_credential(conn: Conn, credential: Credential) -> None:
    await bump(conn, COUNTER)
    query = update(credentials).where(credentials.c.id == credential.id)
    await conn.execute(query.values(**_credential_columns(credential)))


def _credential_columns(credential: Credential) -> dict[str, object]:
    return {
        "name": credential.name,
        "kind": credential.kind,
        "sealed": credential.sealed,
        "masked": msgspec.json.encode(credential.masked).decode(),
        "active": credential.active,
        "error": credential.error,
        "weight": credential.weight,
        "updated_ms": credential.updated_ms,
        "failures": credential.failures,
        "checked_ms": credential.checked_ms,
        "next_check_ms": credential.next_check_ms,
        "concurrency": credential.concurrency,
    }


async def list_due_checks(conn: Conn, *, now_ms: int, limit: int) -> list[Credential]:
    """Refused credentials of enabled providers whose recheck is due, the longest due first."""
    query = (
        select(credentials)
        .join(providers, providers.c.id == credentials.c.provider_id)
        .where(credentials.c.active.is_(False), credentials.c.next_check_ms <= now_ms, providers.c.enabled.is_(True))
        .order_by(credentials.c.next_check_ms)
        .limit(limit)
    )
    return [_credential(row) for row in await conn.execute(query)]


async def schedule_check(
    conn: Conn,
    credential: Credential,
    *,
    next_check_ms: int | None,
    failures: int | None = None,
    checked_ms: int | None = None,
) -> bool:
    """Move a recheck that is still where `credential` has it; of many who try, one does. Snapshots need not see it."""
    query = update(credentials).where(
        credentials.c.id == credential.id,
        credentials.c.active.is_(False),
        credentials.c.next_check_ms == credential.next_check_ms,
    )
    moved = await conn.execute(
        query.values(
            next_check_ms=next_check_ms,
            failures=credential.failures if failures is None else failures,
            checked_ms=credential.checked_ms if checked_ms is None else checked_ms,
        )
    )
    return moved.rowcount == 1


async def remove_credential(conn: Conn, provider_id: ProviderId, credential_id: CredentialId) -> bool:
    await bump(conn, COUNTER)
    removed = await conn.execute(
        delete(credentials).where(credentials.c.id == credential_id, credentials.c.provider_id == provider_id)
    )
    return removed.rowcount == 1


async def find_credential(conn: Conn, provider_id: ProviderId, credential_id: CredentialId) -> Credential | None:
    query = select(credentials).where(credentials.c.id == credential_id, credentials.c.provider_id == provider_id)
    row = (await conn.execute(query)).one_or_none()
    return _credential(row) if row else None


async def list_credentials(conn: Conn) -> list[Credential]:
    return [_credential(row) for row in await conn.execute(select(credentials).order_by(credentials.c.id))]


async def touch_credentials(conn: Conn, used: Sequence[tuple[CredentialId, int, int]]) -> None:
    """Add to the use counts: (credential, how many more, last time). Snapshots need not see it."""
    await conn.execute(
        update(credentials)
        .where(credentials.c.id == bindparam("credential"))
        .values(usage_count=credentials.c.usage_count + bindparam("more"), last_used_ms=bindparam("at")),
        [{"credential": credential, "more": more, "at": at} for credential, more, at in used],
    )


async def put_models(conn: Conn, provider_id: ProviderId, found: Sequence[tuple[int, Model]]) -> None:
    """Replace the known models of a provider; each comes with the id its row gets."""
    await bump(conn, COUNTER)
    await conn.execute(delete(models).where(models.c.provider_id == provider_id))
    if found:
        await conn.execute(
            insert(models),
            [{"id": id_, "provider_id": provider_id, **_model_columns(model)} for id_, model in found],
        )


async def list_models(conn: Conn) -> list[Model]:
    return [
        Model(ProviderId(row.provider_id), row.name, Kind(row.kind), row.created_ms, _facts(row))
        for row in await conn.execute(select(models).order_by(models.c.provider_id, models.c.name))
    ]


def _model_columns(model: Model) -> dict[str, object]:
    facts = model.facts
    return {
        "name": model.name,
        "kind": model.kind,
        "created_ms": model.created_ms,
        "context_window": facts.context_window,
        "prices": msgspec.json.encode(facts.prices).decode() if facts.prices else None,
        "abilities": ",".join(facts.abilities) or None,
    }


def _facts(row: Row[tuple[object, ...]]) -> ModelFacts:
    r = row._mapping
    return ModelFacts(
        context_window=r["context_window"],
        prices=msgspec.json.decode(r["prices"], type=ListPrices) if r["prices"] else None,
        abilities=tuple(r["abilities"].split(",")) if r["abilities"] else (),
    )


def _provider(row: Row[tuple[object, ...]]) -> Provider:
    r = row._mapping
    return Provider(
        id=ProviderId(r["id"]),
        name=r["name"],
        display_name=r["display_name"],
        base_url=r["base_url"],
        region=r["region"],
        enabled=r["enabled"],
        created_ms=r["created_ms"],
        updated_ms=r["updated_ms"],
        dialects=tuple(r["dialects"].split(",")) if r["dialects"] else (),
        limits=decoded(r["limits"]),
    )


def _credential(row: Row[tuple[object, ...]]) -> Credential:
    r = row._mapping
    return Credential(
        id=CredentialId(r["id"]),
        provider_id=ProviderId(r["provider_id"]),
        name=r["name"],
        kind=CredentialKind(r["kind"]),
        masked=msgspec.json.decode(r["masked"], type=dict[str, str]),
        active=r["active"],
        error=r["error"],
        weight=r["weight"],
        usage_count=r["usage_count"],
        last_used_ms=r["last_used_ms"],
        created_ms=r["created_ms"],
        updated_ms=r["updated_ms"],
        sealed=r["sealed"],
        failures=r["failures"],
        checked_ms=r["checked_ms"],
        next_check_ms=r["next_check_ms"],
        concurrency=r["concurrency"],
    )
