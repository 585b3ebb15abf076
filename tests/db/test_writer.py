"""Tests of db/writer.py, on both databases where a database takes part."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

import anyio
import pytest
from anyio.abc import Process
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects import sqlite

from aigne_hub.base.errors import Unavailable
from aigne_hub.db.engine import Database
from aigne_hub.db.schema import versions
from aigne_hub.db.writer import Operation, Outcome, OutOfReach, Statement, Writer
from tests.db.rows import adding, in_order, kept, starting

pytestmark = pytest.mark.anyio

ANY = Statement("any", "")


class PlayedLog:
    """A database that does what the test says: waits, is out of reach, keeps what it was given."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[object]] = []
        self.failures = failures
        self.gate = anyio.Event()
        self.is_closed = False

    async def commit(self, batch: Sequence[Operation]) -> Outcome:
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise OutOfReach("away")
        self.batches.append([row for operation in batch for _, row in operation.steps])
        return [None] * len(batch)

    def note_commit(self) -> None:
        raise AssertionError("nobody else writes here")

    async def close(self) -> None:
        self.is_closed = True


async def test_operations_commit_in_the_order_they_were_submitted(database: Database) -> None:
    statement = starting(database.dialect)
    done = []
    for number in range(700):
        done.append(database.writer.submit(statement, (number,)))
        if number % 37 == 0:
            await asyncio.sleep(0)
    with anyio.fail_after(30):
        await asyncio.gather(*done)
    assert await in_order(database) == list(range(700))


async def test_what_is_acknowledged_is_there_for_another_connection(database: Database) -> None:
    for number in range(20):
        await database.writer.submit(adding(database.dialect), (f"n{number}", number))
        assert (await kept(database))[f"n{number}"] == number


async def test_a_bad_operation_fails_alone(database: Database) -> None:
    statement = adding(database.dialect)
    rows: list[tuple[object, ...]] = [("a", 1), ("b", 2), ("a", 3), ("c", None), ("d", "no number"), ("e", 5)]
    if database.dialect == "sqlite":
        rows[4] = ("d", 2**70)  # SQLite keeps text in a number's column, but no number over 64 bits
    outcome = await asyncio.gather(*(database.writer.submit(statement, row) for row in rows), return_exceptions=True)
    assert [result is None for result in outcome] == [True, True, False, False, False, True]
    assert not any(isinstance(result, Unavailable) for result in outcome)
    found = await kept(database)
    assert {name: found.get(name) for name in "abcde"} == {"a": 1, "b": 2, "c": None, "d": None, "e": 5}


async def test_steps_commit_or_fail_together(database: Database) -> None:
    add, start = adding(database.dialect), starting(database.dialect)
    writer = database.writer
    outcome = await asyncio.gather(
        writer.submit_all([(start, (1,)), (add, ("a", 1))]),
        writer.submit_all([(start, (2,)), (add, ("a", 2))]),
        writer.submit_all([(add, ("b", 3)), (start, (3,)), (add, ("b", 4))]),
        writer.submit_all([(start, (4,)), (add, ("c", 4))]),
        return_exceptions=True,
    )
    assert [result is None for result in outcome] == [True, False, False, True]
    assert await in_order(database) == [1, 4]
    assert {name for name in await kept(database) if len(name) == 1} == {"a", "c"}


async def test_close_commits_what_is_queued_and_takes_nothing_more(database: Database) -> None:
    statement = starting(database.dialect)
    done = [database.writer.submit(statement, (number,)) for number in range(450)]
    with anyio.fail_after(30):
        await asyncio.gather(database.writer.close(), database.writer.close())
    assert all(future.done() and future.exception() is None for future in done)
    assert await in_order(database) == list(range(450))
    with pytest.raises(Unavailable):
        database.writer.submit(statement, (1,))


async def test_a_cancelled_caller_does_not_take_its_operation_back(database: Database) -> None:
    done = database.writer.submit(adding(database.dialect), ("cancelled", 1))
    after = database.writer.submit(adding(database.dialect), ("after", 2))
    done.cancel()
    await after
    found = await kept(database)
    assert (found["cancelled"], found["after"]) == (1, 2)


async def test_a_full_queue_refuses_at_once_and_takes_again_when_it_has_drained() -> None:
    log = PlayedLog()
    writer = Writer(log, queue_limit=3)
    queued = [writer.submit(ANY, (number,)) for number in range(3)]
    with pytest.raises(Unavailable) as refused:
        writer.submit(ANY, (3,))
    assert refused.value.retry_after == 1
    assert writer.depth == 3
    log.gate.set()
    await asyncio.gather(*queued)
    await writer.submit(ANY, (4,))
    await writer.close()
    assert log.batches == [[(0,), (1,), (2,)], [(4,)]]
    assert (writer.depth, log.is_closed) == (0, True)


async def test_what_queues_during_a_commit_is_one_batch() -> None:
    log = PlayedLog()
    writer = Writer(log)
    first = writer.submit(ANY, (0,))
    await anyio.wait_all_tasks_blocked()
    rest = [writer.submit(ANY, (number,)) for number in range(1, 50)]
    log.gate.set()
    await asyncio.gather(first, *rest)
    await writer.close()
    assert [len(batch) for batch in log.batches] == [1, 49]


async def test_what_is_about_to_be_submitted_is_waited_for_but_not_for_ever() -> None:
    log = PlayedLog()
    log.gate.set()
    writer = Writer(log)
    turns = 3

    async def busy(number: int) -> None:
        for _ in range(number % turns):  # ready to run all the time, and done in one turn of the loop or another
            await asyncio.sleep(0)
        await writer.submit(ANY, (number,))

    await asyncio.gather(*(busy(number) for number in range(30)))
    assert [len(batch) for batch in log.batches] == [30]

    async def talk(most: int) -> None:
        for number in range(most):
            _ = writer.submit(ANY, (number,))
            await asyncio.sleep(0)

    await talk(100)  # one who never stops holds nobody up: what came first is committed meanwhile
    assert 1 < len(log.batches) < 30
    await writer.close()


async def test_a_database_that_comes_back_in_time_costs_nobody_anything() -> None:
    log = PlayedLog(failures=2)
    log.gate.set()
    writer = Writer(log, retry_delays_s=(0, 0))
    await asyncio.gather(*(writer.submit(ANY, (number,)) for number in range(5)))
    await writer.close()
    assert log.batches == [[(0,), (1,), (2,), (3,), (4,)]]


async def test_a_database_that_stays_away_fails_all_that_wait_and_is_tried_again_by_the_next() -> None:
    log = PlayedLog(failures=3)
    writer = Writer(log, retry_delays_s=(0, 0))
    early = writer.submit(ANY, (0,))
    await anyio.wait_all_tasks_blocked()
    late = writer.submit(ANY, (1,))
    log.gate.set()
    outcome = await asyncio.gather(early, late, return_exceptions=True)
    assert all(isinstance(result, Unavailable) and result.retry_after == 1 for result in outcome)
    await writer.submit(ANY, (2,))
    await writer.close()
    assert log.batches == [[(2,)]]


async def test_a_mistake_of_ours_leaves_nobody_waiting_and_the_writer_goes_on() -> None:
    class BrokenOnce(PlayedLog):
        is_broken = True

        async def commit(self, batch: Sequence[Operation]) -> Outcome:
            if self.is_broken:
                self.is_broken = False
                raise KeyError("a mistake")
            return [None] * len(batch)

    writer = Writer(BrokenOnce())
    with pytest.raises(Unavailable), anyio.fail_after(5):
        await writer.submit(ANY, (0,))
    with anyio.fail_after(5):
        await writer.submit(ANY, (1,))
    await writer.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_statement_takes_its_rows_in_the_order_of_its_columns(dialect: str) -> None:
    renamed = update(versions).where(versions.c.name == bindparam("old")).values(version=bindparam("new"))
    mark = "$" if dialect == "postgresql" else "?"
    sql = Statement.compile(renamed, ["old", "new"], dialect).sql
    assert f"version={mark}2" in sql
    assert f"name = {mark}1" in sql


@pytest.mark.parametrize("columns", [["name"], ["name", "version", "more"]])
def test_a_statement_whose_columns_do_not_fit_is_refused(columns: list[str]) -> None:
    core = insert(versions).values(name=bindparam("name"), version=bindparam("version"))
    with pytest.raises(ValueError, match="takes name, version"):
        Statement.compile(core, columns, "sqlite")


def test_an_upsert_names_a_value_once_however_often_it_is_used() -> None:
    core = sqlite.insert(versions)
    upsert = core.on_conflict_do_update(index_elements=["name"], set_={"version": core.excluded.version})
    assert Statement.compile(upsert, ["version", "name"], "sqlite").sql.count("?") == 2


Plan = list[list[tuple[str, int | None]]]


@given(st.lists(st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 9)), min_size=1, max_size=3)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_writer_ends_where_one_transaction_after_another_would(database: Database, plan: Plan) -> None:
    statement = adding(database.dialect)
    async with database.write() as conn:
        await conn.execute(versions.delete())
    outcome = await asyncio.gather(
        *(database.writer.submit_all([(statement, row) for row in steps]) for steps in plan), return_exceptions=True
    )
    model: dict[str, int] = {}
    fates = []
    for steps in plan:
        wanted = dict(model)
        fits = True
        for name, version in steps:
            fits = fits and version is not None and name not in wanted
            wanted[name] = version or 0
        model = wanted if fits else model
        fates.append(fits)
    assert [result is None for result in outcome] == fates
    assert await kept(database) == model


CHILD = """
import asyncio, sys
from aigne_hub.db.engine import Database
from tests.db.rows import starting
async def main():
    database = await Database.open(sys.argv[1])
    statement = starting(database.dialect)
    async def caller(number):
        while True:
            await database.writer.submit(statement, (number,))
            print(number, flush=True)
            number += 8
    await asyncio.gather(*(caller(int(sys.argv[2]) + number) for number in range(8)))
asyncio.run(main())
"""


async def _acknowledged(child: Process, at_least: int) -> set[int]:
    """Read what the child has been told is committed; kill it in the middle of its work."""
    assert child.stdout is not None
    text = b""
    async for piece in child.stdout:
        text += piece
        if text.count(b"\n") >= at_least and child.returncode is None:
            os.kill(child.pid, signal.SIGKILL)
    return {int(line) for line in text.split(b"\n")[:-1]}


async def test_a_process_killed_at_any_moment_has_lost_nothing_it_was_told_is_kept(
    database: Database, database_url: str
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in ("src", ".", *sys.path) if part)}
    told: set[int] = set()
    with anyio.fail_after(120):
        for life in range(10):
            command = [sys.executable, "-c", CHILD, database_url, str(life * 100_000)]
            async with await anyio.open_process(command, env=environment, stderr=None) as child:
                told |= await _acknowledged(child, 20 + 13 * life)
            assert child.returncode == -signal.SIGKILL
            assert told <= set(await in_order(database))
    assert len(told) >= 200
