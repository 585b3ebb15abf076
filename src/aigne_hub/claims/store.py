"""The rows of claims live here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from sqlalchemy import Delete, Update, bindparam, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import claims

KEEPING_COLUMNS = ("state", "head", "media_type", "answer", "size", "of_user", "of_digest", "of_call")
RELEASING_COLUMNS = ("of_user", "of_digest", "of_call")
_TRIMMED_AT_ONCE = 500


class State(StrEnum):
    """What is known of an answer."""

    running = "running"
    whole = "whole"
    events = "events"
    late = "late"  # whole, but its head left before it was known
    cut = "cut"  # events without their end: the hub stopped
    not_kept = "not_kept"  # larger than what is kept


@dataclass(frozen=True, slots=True)
class Claim:
    """One key of one user: `digest` is of the key, `request` of what was asked with it."""

    user_id: int
    digest: bytes
    request: bytes
    call_id: int
    boot: int
    created_ms: int
    state: State = State.running
    head: str | None = None  # a JSON object: what was told of the answer
    media_type: str | None = None
    answer: bytes | None = None
    size: int = 0


async def add(conn: Conn, claim: Claim) -> bool:
    """Claim a key; False when it is claimed already."""
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    row = {**asdict(claim), "state": claim.state.value}
    added = await conn.execute(insert(claims).values(row).on_conflict_do_nothing(index_elements=["user_id", "digest"]))
    return added.rowcount == 1


async def find(conn: Conn, user_id: int, digest: bytes) -> Claim | None:
    query = select(claims).where(claims.c.user_id == user_id, claims.c.digest == digest)
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else Claim(**{**row._mapping, "state": State(row.state)})


async def remove(conn: Conn, claim: Claim) -> None:
    """Let a key go again, if it still is this call's and nothing was kept of it."""
    await conn.execute(
        delete(claims).where(
            claims.c.user_id == claim.user_id,
            claims.c.digest == claim.digest,
            claims.c.call_id == claim.call_id,
            claims.c.state == State.running.value,
        )
    )


def keeping() -> Update:
    """Keeps the answer of a call whose claim it still is. Repeating it changes nothing."""
    return update(claims).where(
        claims.c.user_id == bindparam("of_user"),
        claims.c.digest == bindparam("of_digest"),
        claims.c.call_id == bindparam("of_call"),
    )


def releasing() -> Delete:
    """Lets the key of a call go that left nothing to keep."""
    return delete(claims).where(
        claims.c.user_id == bindparam("of_user"),
        claims.c.digest == bindparam("of_digest"),
        claims.c.call_id == bindparam("of_call"),
    )


async def remove_running(conn: Conn, boot: int) -> int:
    """Let go what a process claimed that is dead; how many keys that were."""
    dead = delete(claims).where(claims.c.boot == boot, claims.c.state == State.running.value)
    return (await conn.execute(dead)).rowcount


async def forget(conn: Conn, *, before_ms: int, running_before_ms: int) -> None:
    """Forget what is older; of keys whose calls seem to run, what began before any call that still may."""
    await conn.execute(delete(claims).where(claims.c.created_ms < before_ms))
    stale = (claims.c.state == State.running.value) & (claims.c.created_ms < running_before_ms)
    await conn.execute(delete(claims).where(stale))


async def trim(conn: Conn, *, per_user: int, total_bytes: int) -> int:
    """Forget the oldest answers beyond so many of a user, and so many bytes of all; how many those were.

    At most some hundreds at a time: it is called again.
    """
    order = claims.c.created_ms.desc()
    place = func.row_number().over(partition_by=claims.c.user_id, order_by=order).label("place")
    upto = func.sum(claims.c.size).over(order_by=(order, claims.c.user_id, claims.c.digest)).label("upto")
    ranked = (
        select(claims.c.user_id, claims.c.digest, place, upto).where(claims.c.state != State.running.value).subquery()
    )
    beyond = (
        select(ranked.c.user_id, ranked.c.digest)
        .where((ranked.c.place > per_user) | (ranked.c.upto > total_bytes))
        .limit(_TRIMMED_AT_ONCE)
    )
    rows = [(row.user_id, row.digest) for row in await conn.execute(beyond)]
    for start in range(0, len(rows), 100):
        part = rows[start : start + 100]
        await conn.execute(delete(claims).where(tuple_(claims.c.user_id, claims.c.digest).in_(part)))
    return len(rows)
