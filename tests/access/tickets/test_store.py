"""The rows of tickets, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.access.tickets import store
from aigne_hub.access.tickets.store import Ticket
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio


def ticket(number: int, *, purpose: str = "invitation", expires_ms: int = 2000) -> Ticket:
    return Ticket(number, purpose, '{"a": 1}', 1000, expires_ms, None, number.to_bytes(32, "big"))


async def test_tickets_are_read_as_they_were_written_by_purpose(database: Database) -> None:
    async with database.write() as conn:
        await store.add(conn, ticket(1))
        assert await store.find(conn, "invitation", ticket(1).digest) == ticket(1)
        assert await store.find(conn, "set_up", ticket(1).digest) is None


async def test_open_ones_are_listed_and_withdrawn(database: Database) -> None:
    async with database.write() as conn:
        for one in (ticket(1), ticket(2, expires_ms=1500), ticket(3), ticket(4, purpose="code")):
            await store.add(conn, one)
        assert await store.use(conn, 3, 1200)
        assert not await store.use(conn, 3, 1300)
        assert await store.list_open(conn, "invitation", 1500) == [ticket(1)]
        assert await store.withdraw(conn, "set_up", 1) is None
        assert await store.withdraw(conn, "invitation", 3) is None
        assert await store.withdraw(conn, "invitation", 1) == ticket(1)
        assert await store.list_open(conn, "invitation", 1500) == []


async def test_what_ended_is_forgotten(database: Database) -> None:
    async with database.write() as conn:
        await store.add(conn, ticket(1, expires_ms=1500))
        await store.add(conn, ticket(2))
        assert await store.forget(conn, 2000) == 1
        assert await store.find(conn, "invitation", ticket(2).digest) == ticket(2)
