"""Listing and closing calls, on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aigne_hub.base.ids import first_id_at
from aigne_hub.db.engine import Database
from aigne_hub.db.writer import Statement
from aigne_hub.dialects.usage import Usage
from aigne_hub.usage import store
from aigne_hub.usage.records import CallId, CallRecord, Source, Status
from aigne_hub.usage.store import CallFilter, DayOfKind, Totals, UsedModel
from tests.usage.made import keep, made, ms_at

pytestmark = pytest.mark.anyio

START_MS = 1_760_000_000_000
BASE = CallRecord(
    CallId(0),
    "r0",
    1,
    2,
    3,
    4,
    "openai/gpt",
    "gpt",
    "chatCompletion",
    Status.success,
    START_MS,
    100,
    50,
    Usage(1, 2),
    Source.reported,
    None,
    None,
)
CHANGES: list[dict[str, Any]] = [
    {"user_id": 1},
    {"user_id": 2, "model": "local/smol_1"},
    {"user_id": 1, "status": Status.failed, "error": "no", "duration_ms": 9000},
    {"user_id": 1, "kind": "embedding", "app": "shop", "provider_id": 8},
    {"user_id": 1, "status": Status.processing, "duration_ms": None, "first_byte_ms": None},
]
CALLS = [
    replace(BASE, id=CallId(first_id_at(START_MS + second * 1000) + 1), request_id=f"r{second}", **changes)
    for second, changes in enumerate(CHANGES)
]


@pytest.fixture
async def kept(database: Database) -> Database:
    statement = Statement.compile(store.closing(database.dialect), store.COLUMNS, database.dialect)
    for call in CALLS:
        usage = call.usage
        await database.writer.submit(
            statement,
            (
                call.id,
                call.request_id,
                call.user_id,
                call.key_id,
                call.provider_id,
                call.credential_id,
                call.model,
                call.upstream_model,
                call.kind,
                call.status.value,
                call.started_ms,
                call.duration_ms,
                call.first_byte_ms,
                usage.input,
                usage.output,
                usage.cache_read,
                usage.reasoning,
                call.usage_source.value,
                None,
                None,
                call.error,
                call.app,
                *(None,) * (len(store.RARE) - 2),
            ),
        )
    return database


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CallFilter(), [4, 3, 2, 1, 0]),
        (CallFilter(user_id=1), [4, 3, 2, 0]),
        (CallFilter(user_id=9), []),
        (CallFilter(status=Status.failed), [2]),
        (CallFilter(model="GPT"), [4, 3, 2, 0]),
        (CallFilter(model="%"), []),
        (CallFilter(model="smol_"), [1]),
        (CallFilter(kind="embedding"), [3]),
        (CallFilter(provider_id=8), [3]),
        (CallFilter(app="shop"), [3]),
        (CallFilter(min_duration_ms=9000), [2]),
        (CallFilter(from_id=first_id_at(START_MS + 2000), to_id=first_id_at(START_MS + 4000)), [3, 2]),
        (CallFilter(search="smol"), [1]),
        (CallFilter(search="r2"), [2]),
        (CallFilter(search=str(CALLS[3].id)), [3]),
        (CallFilter(search="_"), [1]),
    ],
)
async def test_a_listing_has_what_is_wanted_newest_first(kept: Database, wanted: CallFilter, found: list[int]) -> None:
    async with kept.read() as conn:
        assert await store.list_calls(conn, wanted, offset=0, limit=10) == [CALLS[number] for number in found]
        assert await store.count_calls(conn, wanted) == len(found)


async def test_pages_follow_each_other(kept: Database) -> None:
    async with kept.read() as conn:
        pages = [await store.list_calls(conn, CallFilter(), offset=at, limit=2) for at in (0, 2, 4)]
    assert [call for page in pages for call in page] == CALLS[::-1]


async def test_calls_that_run_too_long_are_closed_and_younger_ones_are_not(kept: Database) -> None:
    async with kept.write() as conn:
        assert await store.close_stale(conn, before_id=CALLS[4].id, error="stopped") == 0
        assert await store.close_stale(conn, before_id=CALLS[4].id + 1, error="stopped") == 1
    async with kept.read() as conn:
        (closed,) = await store.list_calls(conn, CallFilter(search="r4"), offset=0, limit=1)
    assert (closed.status, closed.error, closed.usage_source) == (Status.failed, "stopped", Source.partial)


async def test_what_calls_add_up_to_is_what_each_of_them_used(database: Database) -> None:
    counts = (1, 2, 4, 8, 16, 32, 64, 128)
    names = ("input", "output", "cache_read", "reasoning", "cache_write_5m", "cache_write_1h", "audio_input")
    tokens = dict(zip((f"{name}_tokens" for name in (*names, "audio_output")), counts, strict=True))
    kinds = ("chatCompletion", "embedding", "imageGeneration", "audioGeneration", "video", "rerank")
    rows = [
        made("2025-10-07 06:00", user_id=number, kind=kind, **used)
        for number, (kind, used) in enumerate(
            [(kind, used) for kind in kinds for used in ({}, tokens, {"images": 3, "seconds": 2.5}, {"seconds": 0.1})]
        )
    ]
    async with database.write() as conn:
        await keep(conn, *rows)
    async with database.read() as conn:
        each = await store.list_calls(conn, CallFilter(), offset=0, limit=100)
        for call in each:
            assert (await store.add_up(conn, CallFilter(user_id=call.user_id))).usage == call.total_usage
        assert await store.add_up(conn, CallFilter()) == Totals(24, 24, 4 * 255 + 255 + 255 + 3 + 2 * (2.5 + 0.1), 0)


async def test_sums_may_be_larger_than_what_a_column_holds(database: Database) -> None:
    most_tokens, most_credits = 2**31 - 1, 2**63 - 1
    row = {"input_tokens": most_tokens, "output_tokens": most_tokens}
    async with database.write() as conn:
        await keep(conn, *[{**made("2025-10-07 06:00", **row), "credits": most_credits} for _ in range(3)])
    async with database.read() as conn:
        assert await store.add_up(conn, CallFilter()) == Totals(3, 3, 6 * most_tokens, 3 * most_credits)


async def test_calls_are_told_by_their_day_in_utc_and_their_kind(database: Database) -> None:
    async with database.write() as conn:
        await keep(
            conn,
            made("2025-10-08 00:00", input_tokens=1),
            made("2025-10-07 23:59:59.999", input_tokens=2, status="failed", credits=0.000000001),
            made("2025-10-07 00:00", input_tokens=3),
            made("2025-10-07 12:00", kind="video", seconds=8.0),
        )
    async with database.read() as conn:
        found = await store.days_of_kinds(conn, CallFilter())
        assert await store.days_of_kinds(conn, CallFilter(user_id=9)) == []
    seventh, eighth = ms_at("2025-10-07"), ms_at("2025-10-08")
    assert found == [
        DayOfKind(seventh, "chatCompletion", Totals(2, 1, 5, 1)),
        DayOfKind(seventh, "video", Totals(1, 1, 8, 0)),
        DayOfKind(eighth, "chatCompletion", Totals(1, 1, 1, 0)),
    ]


async def test_models_are_known_by_their_provider_and_its_name_for_them(database: Database) -> None:
    names = [("up/m", "m"), ("m", "m"), ("gone", None), ("b", "b"), ("a", "a"), ("a", "a"), ("a", "a")]
    rows = [made("2025-10-07", model=model, upstream_model=upstream, credits=1) for model, upstream in names]
    async with database.write() as conn:
        await keep(conn, *rows, made("2025-10-07", provider_id=8), made("2025-10-07", provider_id=None))
    async with database.read() as conn:
        found, count = await store.most_used_models(conn, CallFilter(), limit=3)
        assert await store.most_used_models(conn, CallFilter(user_id=9), limit=3) == ([], 0)
    a, m, b = [Totals(calls, calls, 0, calls * 1_000_000_000) for calls in (3, 2, 1)]
    assert (found, count) == ([UsedModel(3, "a", a), UsedModel(3, "m", m), UsedModel(3, "b", b)], 6)
