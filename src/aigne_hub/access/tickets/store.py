"""The rows of tickets live here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from sqlalchemy import Row, delete, func, insert, select, update

from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import tickets


@dataclass(frozen=True, slots=True)
class Ticket:
    """`payload` is JSON; `used_ms` is set once it was redeemed."""

    id: int
    purpose: str
    payload: str = field(repr=False)
    created_ms: int
    expires_ms: int
    used_ms: int | None
    digest: bytes = field(repr=False)


async def add(conn: Conn, ticket: Ticket) -> None:
    await conn.execute(insert(tickets).values(**asdict(ticket)))


async def find(conn: Conn, purpose: str, digest: bytes) -> Ticket | None:
    query = select(tickets).where(tickets.c.digest == digest, tickets.c.purpose == purpose)
    row = (await conn.execute(query)).one_or_none()
    return _ticket(row) if row else None


async def use(conn: Conn, ticket_id: int, now_ms: int) -> bool:
    """Mark a ticket used; False when somebody else was first."""
    changed = await conn.execute(
        update(tickets).where(tickets.c.id == ticket_id, tickets.c.used_ms.is_(None)).values(used_ms=now_ms)
    )
    return changed.rowcount == 1


async def list_open(conn: Conn, purpose: str, now_ms: int, *, limit: int = 1000) -> list[Ticket]:
    """Tickets that can still be used, oldest first."""
    query = (
        select(tickets)
        .where(tickets.c.purpose == purpose, tickets.c.used_ms.is_(None), tickets.c.expires_ms > now_ms)
        .order_by(tickets.c.id)
        .limit(limit)
    )
    return [_ticket(row) for row in await conn.execute(query)]


async def count_of(conn: Conn, purpose: str, text: str, *, after_ms: int) -> int:
    """How many tickets, used or not, end after then and have this text in their payload."""
    query = select(func.count()).where(
        tickets.c.expires_ms > after_ms, tickets.c.purpose == purpose, tickets.c.payload.contains(text, autoescape=True)
    )
    return int((await conn.execute(query)).scalar_one())


async def withdraw(conn: Conn, purpose: str, ticket_id: int) -> Ticket | None:
    """Delete an unused ticket; what it was, None when there is none."""
    query = select(tickets).where(tickets.c.id == ticket_id, tickets.c.purpose == purpose, tickets.c.used_ms.is_(None))
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    await conn.execute(delete(tickets).where(tickets.c.id == ticket_id))
    return _ticket(row)


async def forget(conn: Conn, before_ms: int) -> int:
    """Delete what ended before then; how many."""
    return (await conn.execute(delete(tickets).where(tickets.c.expires_ms < before_ms))).rowcount


def _ticket(row: Row[tuple[object, ...]]) -> Ticket:
    return Ticket(**row._asdict())
