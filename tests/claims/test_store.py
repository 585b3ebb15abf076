"""The rows of claims, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigne_hub.claims import store
from aigne_hub.claims.store import Claim, State
from aigne_hub.db.engine import Database
from aigne_hub.db.writer import Statement

pytestmark = pytest.mark.anyio


def claim(number: int, *, user_id: int = 1, boot: int = 1) -> Claim:
    return Claim(user_id, number.to_bytes(32, "big"), b"r" * 32, 100 + number, boot, 1000 + number)


async def keep(database: Database, one: Claim, size: int) -> None:
    """As a call's record does it."""
    statement = Statement.compile(store.keeping(), store.KEEPING_COLUMNS, database.dialect)
    answer = bytes(size)
    row = (State.whole.value, "{}", "text/plain", answer, size, one.user_id, one.digest, one.call_id)
    await database.writer.submit(statement, row)


async def test_a_key_is_claimed_once(database: Database) -> None:
    async with database.write() as conn:
        assert await store.add(conn, claim(1))
        assert not await store.add(conn, replace(claim(1), call_id=7))
        assert await store.add(conn, claim(1, user_id=2))
    async with database.read() as conn:
        assert await store.find(conn, 1, claim(1).digest) == claim(1)
        assert await store.find(conn, 3, claim(1).digest) is None


async def test_an_answer_is_kept_for_the_call_that_has_the_key(database: Database) -> None:
    async with database.write() as conn:
        await store.add(conn, claim(1))
    await keep(database, replace(claim(1), call_id=7), 5)  # of a call that lost it
    async with database.read() as conn:
        assert await store.find(conn, 1, claim(1).digest) == claim(1)
    await keep(database, claim(1), 5)
    kept = replace(claim(1), state=State.whole, head="{}", media_type="text/plain", answer=bytes(5), size=5)
    async with database.write() as conn:
        await store.remove(conn, claim(1))  # what is kept stays
        assert await store.find(conn, 1, claim(1).digest) == kept


async def test_a_key_is_let_go_with_its_calls_record(database: Database) -> None:
    async with database.write() as conn:
        await store.add(conn, claim(1))
    statement = Statement.compile(store.releasing(), store.RELEASING_COLUMNS, database.dialect)
    await database.writer.submit(statement, (1, claim(1).digest, claim(1).call_id))
    async with database.read() as conn:
        assert await store.find(conn, 1, claim(1).digest) is None


async def test_keys_of_a_dead_process_are_let_go_and_its_answers_kept(database: Database) -> None:
    async with database.write() as conn:
        for one in (claim(1, boot=5), claim(2, boot=5), claim(3, boot=6)):
            await store.add(conn, one)
    await keep(database, claim(2, boot=5), 1)
    async with database.write() as conn:
        assert await store.remove_running(conn, 5) == 1
        assert await store.find(conn, 1, claim(1).digest) is None
        assert await store.find(conn, 1, claim(2).digest) is not None
        assert await store.find(conn, 1, claim(3).digest) is not None


async def left(database: Database) -> list[int]:
    async with database.read() as conn:
        found = [await store.find(conn, user, claim(n).digest) for user in (1, 2) for n in range(10)]
    return [one.call_id - 100 for one in found if one is not None]


async def test_what_is_old_is_forgotten(database: Database) -> None:
    async with database.write() as conn:
        for number in range(4):
            await store.add(conn, claim(number))
    for number in (0, 2):
        await keep(database, claim(number), 1)
    async with database.write() as conn:
        await store.forget(conn, before_ms=1001, running_before_ms=1002)
    assert await left(database) == [2, 3]


async def test_the_oldest_go_when_a_user_or_all_have_too_many(database: Database) -> None:
    async with database.write() as conn:
        for number in range(6):
            await store.add(conn, claim(number))
        await store.add(conn, claim(6, user_id=2))
        await store.add(conn, claim(7, user_id=2))
    for number in range(6):
        await keep(database, claim(number), 10)
    await keep(database, claim(6, user_id=2), 10)  # the call of 7 still runs
    async with database.write() as conn:
        assert await store.trim(conn, per_user=4, total_bytes=1000) == 2
    assert await left(database) == [2, 3, 4, 5, 6, 7]
    async with database.write() as conn:
        assert await store.trim(conn, per_user=4, total_bytes=30) == 2
    assert await left(database) == [4, 5, 6, 7]
