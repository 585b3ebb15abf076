"""One-time secrets: used once, by whoever was first, for their purpose, until their end. On both databases."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.tickets import store
from aigne_hub.access.tickets.desk import Purpose, TicketDesk, TicketRefused, payload_of
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()


@pytest.fixture
def desk() -> TicketDesk:
    return TicketDesk(Vault(bytes(32)), CLOCK, IdSource(CLOCK, 1))


async def issued(database: Database, desk: TicketDesk, *, ttl_s: int = 60) -> str:
    async with database.write() as conn:
        _, secret = await desk.issue(conn, Purpose.invitation, {"email": "ada@example.com"}, ttl_s=ttl_s)
    return secret


async def refusal(database: Database, desk: TicketDesk, purpose: Purpose, secret: str) -> str:
    async with database.write() as conn:
        with pytest.raises(TicketRefused) as refused:
            await desk.redeem(conn, purpose, secret)
    return refused.value.code


async def test_a_ticket_is_used_once(database: Database, desk: TicketDesk) -> None:
    secret = await issued(database, desk)
    async with database.write() as conn:
        assert payload_of(await desk.peek(conn, Purpose.invitation, secret)) == {"email": "ada@example.com"}
        assert await desk.redeem(conn, Purpose.invitation, secret) == {"email": "ada@example.com"}
    assert await refusal(database, desk, Purpose.invitation, secret) == "link_used"


async def test_of_many_at_once_one_is_first(database: Database, desk: TicketDesk) -> None:
    secret = await issued(database, desk)

    async def attempt() -> bool:
        try:
            async with database.write() as conn:
                await desk.redeem(conn, Purpose.invitation, secret)
        except TicketRefused:
            return False
        return True

    assert sorted(await asyncio.gather(*(attempt() for _ in range(8)))) == [False] * 7 + [True]


async def test_a_use_that_was_taken_back_was_none(database: Database, desk: TicketDesk) -> None:
    secret = await issued(database, desk)
    with pytest.raises(ValueError, match="failed"):
        async with database.write() as conn:
            await desk.redeem(conn, Purpose.invitation, secret)
            raise ValueError("what it was for failed")
    async with database.write() as conn:
        assert await desk.redeem(conn, Purpose.invitation, secret)


async def test_what_is_no_ticket_or_another_kind_is_refused(database: Database, desk: TicketDesk) -> None:
    secret = await issued(database, desk)
    assert await refusal(database, desk, Purpose.set_up, secret) == "link_invalid"
    assert await refusal(database, desk, Purpose.invitation, secret + "x") == "link_invalid"
    assert await refusal(database, desk, Purpose.invitation, "") == "link_invalid"
    assert await refusal(database, desk, Purpose.invitation, "x" * 100_000) == "link_invalid"


async def test_a_ticket_ends(database: Database, desk: TicketDesk) -> None:
    secret = await issued(database, desk, ttl_s=60)
    CLOCK.advance(60)
    assert await refusal(database, desk, Purpose.invitation, secret) == "link_expired"


async def test_the_form_that_is_kept_is_no_secret(database: Database, desk: TicketDesk) -> None:
    await issued(database, desk)
    async with database.read() as conn:
        (kept,) = await store.list_open(conn, Purpose.invitation, CLOCK.now_ms())
    assert await refusal(database, desk, Purpose.invitation, kept.digest.hex()) == "link_invalid"
    assert "ada" not in repr(kept)
