"""Tests of db/versions.py, on both databases."""

import asyncio

import pytest

from aigne_hub.db.engine import Database
from aigne_hub.db.versions import bump, hold, read_versions

pytestmark = pytest.mark.anyio


async def test_a_counter_counts_up_from_where_it_is(database: Database) -> None:
    async with database.read() as conn:
        before = await read_versions(conn)
    async with database.write() as conn:
        first = await bump(conn, "access")
        second = await bump(conn, "access")
    assert (first, second) == (before["access"] + 1, before["access"] + 2)
    async with database.read() as conn:
        assert await read_versions(conn) == {**before, "access": second}


async def test_a_number_of_a_failed_transaction_is_taken_again(database: Database) -> None:
    taken = []
    with pytest.raises(ZeroDivisionError):
        async with database.write() as conn:
            taken.append(await bump(conn, "catalog"))
            raise ZeroDivisionError
    async with database.write() as conn:
        assert [await bump(conn, "catalog")] == taken


async def test_whoever_holds_a_counter_keeps_others_waiting_to_change_it(database: Database) -> None:
    is_ended = False

    async def other() -> bool:
        async with database.write() as conn:
            await bump(conn, "access")
            return is_ended

    async with asyncio.TaskGroup() as group, database.write() as conn:
        await hold(conn, "access")
        waiting = group.create_task(other())
        await asyncio.sleep(0.05)
        is_ended = True
    assert waiting.result()
