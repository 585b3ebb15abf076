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
from aigne_hub.usage.store import CallFilter

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
                call.error,
                call.app,
                *(None,) * 12,
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
