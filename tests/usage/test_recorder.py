"""Recording calls: one row, written once, at the right moment; on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.errors import Unavailable
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.usage import Usage
from aigne_hub.usage import store
from aigne_hub.usage.recorder import Facts, OpenCall, Recorder
from aigne_hub.usage.records import AttemptRecord, CallRecord, Source, Status

pytestmark = pytest.mark.anyio


class Desk:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StoppedClock()
        self.recorder = Recorder(database.writer, database.dialect, self.clock, IdSource(self.clock, 1))

    def open(self, app: str | None = "app", losses: Losses | None = None) -> OpenCall:
        facts = Facts(
            id=self.recorder.new_id(),
            request_id="r",
            user_id=1,
            key_id=2,
            provider_id=3,
            credential_id=4,
            model="p/m",
            upstream_model="m",
            kind="chatCompletion",
            app=app,
            dialect="openai_chat",
            upstream_dialect="openai_chat",
        )
        return self.recorder.open(facts, losses)

    async def attempts(self, call: OpenCall) -> list[AttemptRecord]:
        async with self.database.read() as conn:
            return (await store.attempts_of(conn, [call.id])).get(call.id, [])

    async def rows(self) -> list[CallRecord]:
        async with self.database.read() as conn:
            return await store.list_calls(conn, store.CallFilter(), offset=0, limit=100)


def of_seed() -> Losses:
    losses = Losses()
    losses.dropped("seed")
    return losses


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def test_a_short_call_is_one_final_row(desk: Desk) -> None:
    call = desk.open()
    desk.recorder.note_running()
    assert await desk.rows() == []
    desk.clock.advance(0.1)
    call.mark_first_byte()
    desk.clock.advance(0.1)
    await call.settle(Status.success, Usage(10, 5, 2, 1), source=Source.reported)
    assert await desk.rows() == [
        CallRecord(
            call.id, "r", 1, 2, 3, 4, "p/m", "m", "chatCompletion", Status.success, call.started_ms, 200, 100,
            Usage(10, 5, 2, 1), Source.reported, None, "app", "openai_chat",
            "openai_chat",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("rare", [{}, {"tier": "flex"}, {"images": 2}, {"cache_write_5m": 0}, {"audio_output": 7}])
async def test_a_row_says_all_however_little_there_is(desk: Desk, rare: dict[str, Any]) -> None:
    call = desk.open(app=None)
    usage = Usage(input=10, output=5, **rare)
    await call.settle(Status.success, usage, source=Source.reported)
    (row,) = await desk.rows()
    assert (row.id, row.status, row.usage, row.app, row.error, row.dropped, row.credits) == (
        call.id, Status.success, usage, None, None, None, None,
    )  # fmt: skip


async def test_what_was_noted_and_is_no_longer_so_is_written_over(desk: Desk) -> None:
    call = desk.open(app=None, losses=of_seed())
    desk.clock.advance(0.3)
    desk.recorder.note_running()
    call.losses = None  # as when another attempt lost nothing
    await call.settle(Status.success, Usage(1, 1), source=Source.reported)
    (row,) = await desk.rows()
    assert (row.status, row.dropped) == (Status.success, None)


async def test_what_is_lost_while_a_call_runs_is_in_its_final_row(desk: Desk) -> None:
    losses = of_seed()
    call = desk.open(losses=losses)
    losses.approximated("answer.citations")
    await call.settle(Status.success, Usage(1, 1), source=Source.reported)
    assert (await desk.rows())[0].dropped == "seed, answer.citations=approximated"


async def test_a_long_call_has_a_row_while_it_runs_and_one_at_its_end(desk: Desk) -> None:
    call = desk.open()
    desk.clock.advance(0.3)
    desk.recorder.note_running()
    desk.recorder.note_running()
    other = desk.open()
    await other.settle(Status.success, None, source=Source.missing)  # the queue is in order: the first is written too
    running = [row for row in await desk.rows() if row.id == call.id]
    assert [(row.status, row.duration_ms) for row in running] == [(Status.processing, None)]
    await call.settle(Status.failed, None, source=Source.partial, error="x" * 2000)
    (row,) = [row for row in await desk.rows() if row.id == call.id]
    assert (row.status, row.error, row.usage) == (Status.failed, "x" * 1000, Usage())


async def test_a_final_row_is_never_written_over(desk: Desk) -> None:
    call = desk.open()
    await call.settle(Status.success, Usage(1, 1), source=Source.reported)
    call.is_settled = False
    await call.settle(Status.failed, None, source=Source.partial, error="again")
    (row,) = await desk.rows()
    assert (row.status, row.usage.input) == (Status.success, 1)


async def test_settling_twice_is_a_fault_of_ours(desk: Desk) -> None:
    call = desk.open()
    await call.settle(Status.success, None, source=Source.missing)
    with pytest.raises(AssertionError, match="settled once"):
        call.settle(Status.success, None, source=Source.missing)


async def test_what_is_held_of_a_call_ends_with_it(desk: Desk) -> None:
    calls = [desk.open() for _ in range(10)]
    assert desk.recorder.running == 10
    for call in calls:
        await call.settle(Status.success, None, source=Source.missing)
    assert desk.recorder.running == 0


async def test_a_closed_database_cannot_record_and_says_so(desk: Desk) -> None:
    call = desk.open()
    await desk.database.close()
    with pytest.raises(Unavailable):
        await call.settle(Status.success, None, source=Source.missing)


@pytest.mark.parametrize(
    ("status", "usage", "credits"),
    [
        (Status.success, Usage(10, 5), 1510),
        (Status.success, None, 0),
        (Status.failed, Usage(10, 5), 1510),
        (Status.failed, Usage(10, 0), 0),
        (Status.failed, None, 0),
        (Status.failed, Usage(seconds=4.0), 10),
    ],
)
async def test_a_call_costs_what_its_price_says(desk: Desk, status: Status, usage: Usage | None, credits: int) -> None:
    """A failed one costs nothing unless something was made; one without use costs nothing in any case."""
    facts = desk.open().facts
    call = desk.recorder.open(facts, price=lambda used: 10 * bool(used.seconds or used.input) + 300 * used.all_output)
    await call.settle(status, usage, source=Source.reported)
    (row,) = await desk.rows()
    assert row.credits == credits


async def test_a_call_without_a_price_has_no_credits(desk: Desk) -> None:
    call = desk.open()
    await call.settle(Status.success, Usage(10, 5), source=Source.reported)
    (row,) = await desk.rows()
    assert row.credits is None


async def test_a_call_that_runs_has_no_credits_yet(desk: Desk) -> None:
    call = desk.recorder.open(desk.open().facts, price=lambda used: 7)
    desk.clock.advance(0.3)
    desk.recorder.note_running()
    await desk.open().settle(Status.success, None, source=Source.missing)
    assert [row.credits for row in await desk.rows() if row.id == call.id] == [None]


async def test_a_call_with_one_good_attempt_has_none_on_record(desk: Desk) -> None:
    call = desk.open()
    await call.settle(Status.success, Usage(10, 5), source=Source.reported)
    assert await desk.attempts(call) == []


async def test_attempts_are_recorded_with_the_call_and_its_record_is_of_the_last(desk: Desk) -> None:
    call = desk.recorder.open(desk.open().facts, price=lambda _: 1)
    began_ms = call.started_ms
    call.usage = Usage(1, 1)
    call.mark_first_byte()
    desk.clock.advance(0.2)
    call.end_attempt("overloaded", 503, "x" * 2000)
    call.end_attempt("broken")  # it has ended already
    desk.clock.advance(0.1)
    other = structs.replace(call.facts, provider_id=8, credential_id=9, upstream_model="n", upstream_dialect="gemini")
    call.begin_attempt(other, of_seed(), lambda _: 2)
    desk.clock.advance(0.3)
    await call.settle(Status.success, Usage(10, 5), source=Source.reported)
    assert await desk.attempts(call) == [
        AttemptRecord(call.id, 1, 3, 4, "m", "overloaded", 503, began_ms, 200, "x" * 300),
        AttemptRecord(call.id, 2, 8, 9, "n", "ok", 200, began_ms + 300, 300, None),
    ]
    (row,) = await desk.rows()
    assert (row.provider_id, row.credential_id, row.upstream_model, row.dropped) == (8, 9, "n", "seed")
    assert (row.upstream_dialect, row.credits, row.duration_ms) == ("gemini", 2, 600)
    assert row.first_byte_ms is None


async def test_an_attempt_beside_is_on_record_and_the_call_may_go_on_with_it(desk: Desk) -> None:
    call = desk.open()
    desk.clock.advance(0.5)
    call.note_attempt(call.facts, "lost", None, None, began_ms=0, ended_ms=call.elapsed_ms)
    other = structs.replace(call.facts, provider_id=8, credential_id=9)
    call.begin_attempt(other, None, None, began_ms=200)
    call.mark_first_byte()
    assert call.first_byte_s == 0.3
    await call.settle(Status.success, Usage(10, 5), source=Source.reported)
    began_ms = call.started_ms
    assert await desk.attempts(call) == [
        AttemptRecord(call.id, 1, 3, 4, "m", "lost", None, began_ms, 500, None),
        AttemptRecord(call.id, 2, 8, 9, "m", "ok", 200, began_ms + 200, 300, None),
    ]


@pytest.mark.parametrize("is_noted", [True, False])
async def test_a_failed_call_has_its_attempt_on_record(desk: Desk, is_noted: bool) -> None:
    call = desk.open()
    if is_noted:
        call.end_attempt("timeout", None, "upstream_timeout: too slow")
    await call.settle(Status.failed, None, source=Source.missing, error="upstream_timeout: too slow")
    (only,) = await desk.attempts(call)
    assert (only.outcome, only.error) == ("timeout" if is_noted else "cut", "upstream_timeout: too slow")


async def test_attempts_that_are_written_again_stay_as_they_are(desk: Desk) -> None:
    call = desk.open()
    await call.settle(Status.failed, None, source=Source.missing, error="one")
    call.is_settled = False
    await call.settle(Status.failed, None, source=Source.missing, error="two")
    assert [one.error for one in await desk.attempts(call)] == ["one"]
