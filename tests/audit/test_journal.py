"""The journal: rows that are chained, and the first bad one that is named, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, update

from aigne_hub.audit import store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SHELL, SYSTEM, Actor, Outcome, Target
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.db.engine import Database
from aigne_hub.db.schema import audit, versions

pytestmark = pytest.mark.anyio

CLOCK = StoppedClock()
OLGA = Actor("user", 7, "Olga", "session", 8, "192.0.2.1", "r-1")


@pytest.fixture
def journal() -> Journal:
    return Journal(Vault(bytes(32)), CLOCK)


async def five_rows(database: Database, journal: Journal) -> None:
    async with database.write() as conn:
        for number in range(5):
            await journal.note(conn, OLGA, "key.create", Target("key", str(number), f"k{number}"), after={"n": number})


async def test_a_row_says_who_did_what_from_where(database: Database, journal: Journal) -> None:
    async with database.write() as conn:
        written = await journal.note(
            conn, OLGA, "user.change", Target("user", "9", "Max"), before={"role": "guest"}, after={"role": "member"}
        )
    async with database.read() as conn:
        (row,) = await store.rows_after(conn, 0, 10)
    assert row == written
    assert (row.seq, row.actor, row.action, row.outcome) == (1, OLGA, "user.change", Outcome.done)
    assert (row.before, row.after) == ('{"role": "guest"}', '{"role": "member"}')


async def test_a_value_under_a_secrets_name_is_masked(database: Database, journal: Journal) -> None:
    async with database.write() as conn:
        row = await journal.note(conn, SHELL, "x.y", after={"password": "hunter2", "name": "n", "client_secret": None})
    assert row.after == '{"client_secret": null, "name": "n", "password": "***"}'


async def test_a_long_value_is_cut(database: Database, journal: Journal) -> None:
    async with database.write() as conn:
        row = await journal.note(conn, SHELL, "x.y", after={"name": "n" * 10_000})
    assert row.after is not None and len(row.after) < 2100


async def test_an_untouched_journal_is_whole(database: Database, journal: Journal) -> None:
    async with database.read() as conn:
        assert (await journal.verify(conn)).rows == 0
    await five_rows(database, journal)
    async with database.read() as conn:
        verdict = await journal.verify(conn)
        rows = await store.rows_after(conn, 0, 10)
    assert (verdict.rows, verdict.first_bad, verdict.head) == (5, None, rows[-1].hash)


@pytest.mark.parametrize(
    ("column", "value"),
    [("actor_name", "Max"), ("action", "key.revoke"), ("after", '{"n": 9}'), ("at_ms", 5), ("hash", bytes(32))],
)
async def test_a_row_that_was_changed_is_named(
    database: Database, journal: Journal, column: str, value: object
) -> None:
    await five_rows(database, journal)
    async with database.write() as conn:
        await conn.execute(update(audit).where(audit.c.seq == 3).values({column: value}))
        verdict = await journal.verify(conn)
    assert (verdict.first_bad, verdict.problem) == (3, "row 3 is not as it was written")


@pytest.mark.parametrize("seq", [1, 3, 5])
async def test_a_row_that_is_missing_is_named(database: Database, journal: Journal, seq: int) -> None:
    await five_rows(database, journal)
    async with database.write() as conn:
        await conn.execute(delete(audit).where(audit.c.seq == seq))
        verdict = await journal.verify(conn)
    assert verdict.first_bad == seq


async def test_rows_that_changed_places_are_named(database: Database, journal: Journal) -> None:
    await five_rows(database, journal)
    async with database.write() as conn:
        for old, new in ((2, 9), (3, 2), (9, 3)):
            await conn.execute(update(audit).where(audit.c.seq == old).values(seq=new))
        assert (await journal.verify(conn)).first_bad == 2


async def test_whoever_has_the_database_alone_cannot_forge_a_chain(database: Database, journal: Journal) -> None:
    forger = Journal(Vault(bytes([1]) * 32), CLOCK)
    await five_rows(database, forger)
    async with database.read() as conn:
        assert (await journal.verify(conn)).first_bad == 1


async def test_a_change_that_is_taken_back_leaves_no_row_and_no_gap(database: Database, journal: Journal) -> None:
    with pytest.raises(ValueError, match="no"):
        async with database.write() as conn:
            await journal.note(conn, SYSTEM, "x.y")
            raise ValueError("no")
    await five_rows(database, journal)
    async with database.read() as conn:
        assert (await journal.verify(conn)).rows == 5
        assert (await conn.execute(versions.select().where(versions.c.name == "audit"))).one().version == 5


async def test_rows_written_at_the_same_time_are_one_chain(database: Database, journal: Journal) -> None:
    async def one(number: int) -> None:
        async with database.write() as conn:
            await journal.note(conn, OLGA, "key.create", Target("key", str(number)))

    await asyncio.gather(*(one(number) for number in range(20)))
    async with database.read() as conn:
        verdict = await journal.verify(conn)
    assert (verdict.rows, verdict.first_bad) == (20, None)
