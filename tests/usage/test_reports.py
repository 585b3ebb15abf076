"""What was used in a time: its days, its comparison, and the periods that are compared; on both databases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.base.errors import BadRequest
from aigne_hub.db.engine import Database
from aigne_hub.usage.reports import (
    DAY_MS,
    Comparison,
    Day,
    Period,
    Report,
    compare,
    days_of,
    growth,
    month_of,
    period_between,
    report_on,
    sum_by_kind,
    week_of,
)
from aigne_hub.usage.store import DayOfKind, Totals, UsedModel
from tests.usage.made import keep, made, ms_at

pytestmark = pytest.mark.anyio

NOW_MS = ms_at("2025-10-09 08:53:20.700")
DAYS = Period(ms_at("2025-10-07 06:00"), ms_at("2025-10-09 06:00"))


def test_a_period_has_its_last_second_whole() -> None:
    told = period_between(ms_at("2025-10-07 06:00"), ms_at("2025-10-09 05:59:59"), now_ms=NOW_MS)
    assert told == DAYS
    assert DAYS.before == Period(ms_at("2025-10-05 06:00"), ms_at("2025-10-07 06:00"))


def test_by_default_a_period_is_the_30_days_until_now() -> None:
    second = ms_at("2025-10-09 08:53:20")
    assert period_between(None, None, now_ms=NOW_MS) == Period(second - 30 * DAY_MS, second + 1000)
    assert period_between(None, DAYS.start_ms, now_ms=NOW_MS).start_ms == DAYS.start_ms - 30 * DAY_MS
    assert period_between(second, None, now_ms=NOW_MS) == Period(second, second + 1000)
    assert period_between(None, DAY_MS, now_ms=NOW_MS) == Period(0, DAY_MS + 1000)


def test_a_period_is_neither_backwards_nor_longer_than_a_leap_year() -> None:
    assert len(period_between(0, 366 * DAY_MS, now_ms=NOW_MS).days_ms) == 367
    with pytest.raises(BadRequest, match="at most 366 days"):
        period_between(0, 366 * DAY_MS + 1000, now_ms=NOW_MS)
    with pytest.raises(BadRequest, match="endTime must not be before startTime"):
        period_between(1000, 0, now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2025-10-09 08:53:20", "2025-10-05", "2025-10-12"),
        ("2025-10-05 00:00", "2025-10-05", "2025-10-12"),
        ("2025-10-11 23:59:59.999", "2025-10-05", "2025-10-12"),
        ("2026-01-01 12:00", "2025-12-28", "2026-01-04"),
    ],
)
def test_a_week_begins_on_sunday(now: str, start: str, end: str) -> None:
    assert week_of(ms_at(now)) == Period(ms_at(start), ms_at(end))


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2025-10-09 08:53:20", "2025-10-01", "2025-11-01"),
        ("2025-12-31 23:59:59.999", "2025-12-01", "2026-01-01"),
        ("2024-02-29 00:00", "2024-02-01", "2024-03-01"),
    ],
)
def test_a_month_ends_where_the_next_begins(now: str, start: str, end: str) -> None:
    assert month_of(ms_at(now)) == Period(ms_at(start), ms_at(end))


@given(st.integers(DAY_MS * 100, DAY_MS * 40_000))
def test_weeks_and_months_follow_each_other_without_a_gap(now_ms: int) -> None:
    for period_of in (week_of, month_of):
        period = period_of(now_ms)
        assert period.start_ms <= now_ms < period.end_ms
        assert period_of(period.start_ms - 1).end_ms == period.start_ms
    assert week_of(now_ms - 7 * DAY_MS) == Period(week_of(now_ms).start_ms - 7 * DAY_MS, week_of(now_ms).start_ms)


def test_growth_is_a_share_and_from_nothing_it_is_one() -> None:
    assert [growth(105, 95), growth(5, 10), growth(3, 0), growth(0, 0)] == [10 / 95, -0.5, 1, 0]


def test_kinds_add_up_and_a_day_without_calls_is_a_day() -> None:
    first, second = Totals(1, 1, 10, 5), Totals(2, 1, 2.5, 0)
    found = [
        DayOfKind(ms_at("2025-10-07"), "chatCompletion", first),
        DayOfKind(ms_at("2025-10-07"), "video", second),
        DayOfKind(ms_at("2025-10-09"), "video", second),
    ]
    assert sum_by_kind(found) == {"chatCompletion": first, "video": Totals(4, 2, 5, 0)}
    assert days_of(DAYS, found) == [
        Day(ms_at("2025-10-07"), Totals(3, 2, 12.5, 5), {"chatCompletion": first, "video": second}),
        Day(ms_at("2025-10-08"), Totals(), {}),
        Day(ms_at("2025-10-09"), second, {"video": second}),
    ]


async def test_a_report_has_the_calls_of_its_time_and_user_alone(database: Database) -> None:
    async with database.write() as conn:
        await keep(
            conn,
            made("2025-10-05 05:59:59.999", input_tokens=1),  # before the time before
            made("2025-10-05 06:00", input_tokens=100, credits=2),
            made("2025-10-07 05:59:59.999", input_tokens=20, status="failed"),
            made("2025-10-07 06:00", input_tokens=7, output_tokens=3, credits=0.5),
            made("2025-10-07 23:59:59.999", input_tokens=5, credits=0.25),
            made("2025-10-09 00:00", kind="embedding", upstream_model="e", input_tokens=4, status="failed"),
            made("2025-10-09 05:59:59.999", input_tokens=2, status="processing"),
            made("2025-10-09 06:00", input_tokens=1),  # after
            made("2025-10-08 06:00", user_id=2, input_tokens=1000, credits=9),
        )
    async with database.read() as conn:
        mine = await report_on(conn, DAYS, user_id=1)
        everybodys = await report_on(conn, DAYS, user_id=None)
        nobodys = await report_on(conn, DAYS, user_id=9)
    chat, embedding = Totals(3, 2, 17, 750_000_000), Totals(1, 0, 4, 0)
    assert mine.kinds == {"chatCompletion": chat, "embedding": embedding}
    assert [(day.totals.calls, day.totals.usage) for day in mine.days] == [(2, 15), (0, 0), (2, 6)]
    assert (mine.models, mine.model_count) == ([UsedModel(3, "m", chat), UsedModel(3, "e", embedding)], 2)
    assert mine.trend == Comparison(Totals(4, 2, 21, 750_000_000), Totals(2, 1, 120, 2_000_000_000))
    assert everybodys.trend.current == Totals(5, 3, 1021, 9_750_000_000)
    assert [day.totals.calls for day in everybodys.days] == [2, 1, 2]
    none = Totals()
    empty_days = [Day(ms_at(f"2025-10-0{day}"), none, {}) for day in (7, 8, 9)]
    assert nobodys == Report({}, empty_days, [], 0, Comparison(none, none))


async def test_two_times_are_compared(database: Database) -> None:
    async with database.write() as conn:
        await keep(
            conn,
            made("2025-09-30 23:59:59.999", input_tokens=1, credits=1),
            made("2025-10-01 00:00", input_tokens=2),
            made("2025-10-31 23:59:59.999", input_tokens=3),
            made("2025-10-31 23:59:59.999", user_id=2),
        )
    month = month_of(NOW_MS)
    async with database.read() as conn:
        found = await compare(conn, month, month_of(month.start_ms - 1), user_id=1)
    assert found == Comparison(Totals(2, 2, 5, 0), Totals(1, 1, 1, 1_000_000_000))
