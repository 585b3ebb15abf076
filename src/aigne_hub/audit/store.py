"""The rows of the journal live here."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, insert, select
from sqlalchemy import Row as SqlRow

from aigne_hub.audit.records import Actor, Filter, Outcome, Row, Target
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import audit
from aigne_hub.db.versions import bump, read_versions

COUNTER = "audit"

# A row comes with every change, so these are made once: making a statement takes as long as running it.
_ADD = insert(audit)
_HASH_OF = select(audit.c.hash).where(audit.c.seq == bindparam("seq"))


async def next_seq(conn: Conn) -> int:
    """The number of the next row; the counter stays locked until the transaction ends."""
    return await bump(conn, COUNTER)


async def last_seq(conn: Conn) -> int:
    return (await read_versions(conn))[COUNTER]


async def hash_of(conn: Conn, seq: int) -> bytes | None:
    found: bytes | None = (await conn.execute(_HASH_OF, {"seq": seq})).scalar_one_or_none()
    return found


async def add_row(conn: Conn, row: Row) -> None:
    actor, target = row.actor, row.target
    await conn.execute(
        _ADD,
        {
            "seq": row.seq,
            "at_ms": row.at_ms,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "means": actor.means,
            "means_id": actor.means_id,
            "address": actor.address,
            "request_id": actor.request_id,
            "action": row.action,
            "target_kind": target and target.kind,
            "target_id": target and target.id,
            "target_name": target and target.name,
            "outcome": row.outcome,
            "before": row.before,
            "after": row.after,
            "hash": row.hash,
        },
    )


async def rows_after(conn: Conn, seq: int, limit: int) -> list[Row]:
    """The rows after `seq`, oldest first: the order of the chain."""
    query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit)
    return [_row(row) for row in await conn.execute(query)]


async def list_rows(conn: Conn, wanted: Filter, *, before_seq: int | None, limit: int) -> list[Row]:
    """The wanted rows, newest first, older than `before_seq`."""
    query = select(audit).where(*_conditions(wanted)).order_by(audit.c.seq.desc()).limit(limit)
    if before_seq is not None:
        query = query.where(audit.c.seq < before_seq)
    return [_row(row) for row in await conn.execute(query)]


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.action is not None:  # `key` finds `key.create` and the like
        conditions.append(
            (audit.c.action == wanted.action) | audit.c.action.startswith(wanted.action + ".", autoescape=True)
        )
    if wanted.actor is not None:
        conditions.append(audit.c.actor_id == wanted.actor)
    if wanted.target is not None:
        conditions.append(audit.c.target_id == wanted.target)
    if wanted.outcome is not None:
        conditions.append(audit.c.outcome == wanted.outcome)
    if wanted.from_ms is not None:
        conditions.append(audit.c.at_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        conditions.append(audit.c.at_ms < wanted.to_ms)
    return conditions


def _row(row: SqlRow[tuple[object, ...]]) -> Row:
    r = row._mapping
    return Row(
        seq=r["seq"],
        at_ms=r["at_ms"],
        actor=Actor(
            r["actor_kind"],
            r["actor_id"],
            r["actor_name"],
            r["means"],
            r["means_id"],
            r["address"],
            r["request_id"],
        ),
        action=r["action"],
        target=Target(r["target_kind"], r["target_id"], r["target_name"]) if r["target_kind"] else None,
        outcome=Outcome(r["outcome"]),
        before=r["before"],
        after=r["after"],
        hash=r["hash"],
    )
