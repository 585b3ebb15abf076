"""The rows of models that are not available live here."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, insert, select, tuple_, update

from aigne_hub.catalog.entries import ProviderId
from aigne_hub.catalog.statuses.entries import Fault, ModelKey, ModelStatus
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import model_status
from aigne_hub.db.versions import bump
from aigne_hub.dialects.call import Kind

COUNTER = "model_status"


async def list_statuses(conn: Conn) -> list[ModelStatus]:
    query = select(model_status).order_by(model_status.c.provider_id, model_status.c.model)
    return [
        ModelStatus(
            ProviderId(row.provider_id),
            row.model,
            Kind(row.kind),
            Fault(row.code, row.message),
            row.changed_ms,
            row.seen_ms,
        )
        for row in await conn.execute(query)
    ]


async def add_statuses(conn: Conn, added: Iterable[ModelStatus]) -> None:
    await bump(conn, COUNTER)
    rows = [
        {
            "provider_id": one.provider_id,
            "model": one.model,
            "kind": one.kind,
            "code": one.fault.code,
            "message": one.fault.message,
            "changed_ms": one.changed_ms,
            "seen_ms": one.seen_ms,
        }
        for one in added
    ]
    await conn.execute(insert(model_status), rows)


async def see_again(conn: Conn, seen: Iterable[ModelStatus]) -> None:
    """They are still not available, perhaps for another reason."""
    await bump(conn, COUNTER)
    query = update(model_status).where(
        model_status.c.provider_id == bindparam("of_provider"), model_status.c.model == bindparam("of_model")
    )
    await conn.execute(
        query.values(code=bindparam("new_code"), message=bindparam("new_message"), seen_ms=bindparam("at")),
        [
            {
                "of_provider": one.provider_id,
                "of_model": one.model,
                "new_code": one.fault.code,
                "new_message": one.fault.message,
                "at": one.seen_ms,
            }
            for one in seen
        ],
    )


async def remove_statuses(conn: Conn, keys: Iterable[ModelKey]) -> None:
    await bump(conn, COUNTER)
    pair = tuple_(model_status.c.provider_id, model_status.c.model)
    await conn.execute(delete(model_status).where(pair.in_(list(keys))))
