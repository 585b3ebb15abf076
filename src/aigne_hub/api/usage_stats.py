"""What was used in a time, over the API, lives here: the reference's statistics and comparisons (contract 2.9)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from aigne_hub.api.callers import Admin, InHouse, Read, UsageReader
from aigne_hub.api.shapes import Shape
from aigne_hub.api.values import as_ms
from aigne_hub.base.money import shown_credits
from aigne_hub.catalog.entries import Provider
from aigne_hub.db.engine import Conn
from aigne_hub.house import House
from aigne_hub.usage.reports import Comparison, Day, compare, growth, month_of, period_between, report_on, week_of
from aigne_hub.usage.store import Totals, UsedModel

router = APIRouter()

_START = "The first second that counts, in Unix seconds."
_END = "The last second that counts, in Unix seconds; at most 366 days after the first."


class Span(Shape):
    start_time: Annotated[str, Query(description=_START)]
    end_time: Annotated[str, Query(description=_END)]


class OpenSpan(Shape):
    start_time: Annotated[str | None, Query(description=f"{_START} By default 30 days before the last.")] = None
    end_time: Annotated[str | None, Query(description=f"{_END} By default now.")] = None


class Sums(Shape):
    """`totalUsage` is in tokens, pictures or seconds, as the type of a call has it; `totalCredits` are credits."""

    total_usage: int | float
    total_calls: int
    total_credits: float

    @classmethod
    def of(cls, totals: Totals) -> Sums:
        return cls(total_usage=totals.usage, total_calls=totals.calls, total_credits=shown_credits(totals.credits))


class TypeSums(Sums):
    success_calls: int

    @classmethod
    def of(cls, totals: Totals) -> TypeSums:
        return cls(success_calls=totals.successes, **Sums.of(totals).model_dump())


class Summary(Sums):
    by_type: dict[str, TypeSums]
    model_count: int


class DayStats(Sums):
    """One day in UTC; `timestamp` is its midnight. `credits`, `tokens` and `requests` are the guide's other names."""

    date: str
    timestamp: int
    by_type: dict[str, TypeSums]
    credits: float
    tokens: int | float
    requests: int

    @classmethod
    def on(cls, day: Day) -> DayStats:
        sums = Sums.of(day.totals)
        return cls(
            **sums.model_dump(),
            date=datetime.fromtimestamp(day.began_ms // 1000, UTC).date().isoformat(),
            timestamp=day.began_ms // 1000,
            by_type=_by_type(day.kinds),
            credits=sums.total_credits,
            tokens=sums.total_usage,
            requests=sums.total_calls,
        )


class ModelProvider(Shape):
    id: str
    name: str
    display_name: str


class ModelStats(Shape):
    """`provider` is null when it was removed."""

    provider_id: str | None
    provider: ModelProvider | None
    model: str
    total_calls: int
    total_credits: float

    @classmethod
    def of(cls, used: UsedModel, provider: Provider | None) -> ModelStats:
        return cls(
            provider_id=None if used.provider_id is None else str(used.provider_id),
            provider=None
            if provider is None
            else ModelProvider(id=str(provider.id), name=provider.name, display_name=provider.display_name),
            model=used.model,
            total_calls=used.totals.calls,
            total_credits=shown_credits(used.totals.credits),
        )


class Growth(Shape):
    """Shares, 0.1 for a tenth more; 1 where there was nothing before."""

    usage_growth: float
    credits_growth: float
    calls_growth: float


class Compared(Shape):
    current: Sums
    previous: Sums
    growth: Growth

    @classmethod
    def of(cls, trend: Comparison) -> Compared:
        current, previous = trend.current, trend.previous
        return cls(
            current=Sums.of(current),
            previous=Sums.of(previous),
            growth=Growth(
                usage_growth=growth(current.usage, previous.usage),
                credits_growth=growth(current.credits, previous.credits),
                calls_growth=growth(current.calls, previous.calls),
            ),
        )


class Trend(Compared):
    """The same twice: by the names of the reference's guide, in percent, and by those of its code, in shares."""

    current_period: Sums
    previous_period: Sums
    credits_change_percentage: float
    calls_change_percentage: float

    @classmethod
    def of(cls, trend: Comparison) -> Trend:
        shares = Compared.of(trend)
        return cls(
            current=shares.current,
            previous=shares.previous,
            growth=shares.growth,
            current_period=shares.current,
            previous_period=shares.previous,
            credits_change_percentage=round(100 * shares.growth.credits_growth, 2),
            calls_change_percentage=round(100 * shares.growth.calls_growth, 2),
        )


class UsageStats(Shape):
    summary: Summary
    daily_stats: list[DayStats]
    model_stats: list[ModelStats]
    trend_comparison: Trend


@router.get("/api/user/usage-stats")
async def usage_stats(span: Annotated[Span, Query()], by: UsageReader, house: InHouse, conn: Read) -> UsageStats:
    """What the caller used from one second to another, by type and day (in UTC), and against the time before."""
    return await _stats(house, conn, by.caller.user.id, span.start_time, span.end_time)


@router.get("/api/user/admin/user-stats")
async def all_users_stats(span: Annotated[Span, Query()], _by: Admin, house: InHouse, conn: Read) -> UsageStats:
    """The same of all users together."""
    return await _stats(house, conn, None, span.start_time, span.end_time)


@router.get("/api/v2/usage")
async def usage(span: Annotated[OpenSpan, Query()], by: UsageReader, house: InHouse, conn: Read) -> UsageStats:
    """What the caller used, by default in the last 30 days; in the shape of `/api/user/usage-stats`."""
    return await _stats(house, conn, by.caller.user.id, span.start_time, span.end_time)


@router.get("/api/user/weekly-comparison")
async def weekly_comparison(by: UsageReader, house: InHouse, conn: Read) -> Compared:
    """What the caller used in the week that is, from Sunday on in UTC, and in the one before."""
    week = week_of(house.clock.now_ms())
    return Compared.of(await compare(conn, week, week_of(week.start_ms - 1), user_id=by.caller.user.id))


@router.get("/api/user/monthly-comparison")
async def monthly_comparison(by: UsageReader, house: InHouse, conn: Read) -> Compared:
    """What the caller used in the month that is, in UTC, and in the one before."""
    month = month_of(house.clock.now_ms())
    return Compared.of(await compare(conn, month, month_of(month.start_ms - 1), user_id=by.caller.user.id))


async def _stats(house: House, conn: Conn, user_id: int | None, start: str | None, end: str | None) -> UsageStats:
    now_ms = house.clock.now_ms()
    period = period_between(as_ms(start, "startTime"), as_ms(end, "endTime"), now_ms=now_ms)
    report = await report_on(conn, period, user_id=user_id)
    providers: dict[int | None, Provider] = {provider.id: provider for provider in house.catalog.providers()}
    return UsageStats(
        summary=Summary(
            **Sums.of(report.trend.current).model_dump(),
            by_type=_by_type(report.kinds),
            model_count=report.model_count,
        ),
        daily_stats=[DayStats.on(day) for day in report.days],
        model_stats=[ModelStats.of(used, providers.get(used.provider_id)) for used in report.models],
        trend_comparison=Trend.of(report.trend),
    )


def _by_type(kinds: dict[str, Totals]) -> dict[str, TypeSums]:
    return {kind: TypeSums.of(totals) for kind, totals in kinds.items()}
