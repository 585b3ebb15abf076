"""What somebody used in a time, day by day and against the time before, is told here (contract 2.9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aigne_hub.base.errors import BadRequest
from aigne_hub.base.ids import first_id_at
from aigne_hub.db.engine import Conn
from aigne_hub.usage import store
from aigne_hub.usage.store import CallFilter, DayOfKind, Totals, UsedModel

DAY_MS = 86_400_000
LONGEST_DAYS = 366
DEFAULT_DAYS = 30
MODELS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Period:
    """A time in Unix milliseconds, `start_ms` inclusive, `end_ms` exclusive."""

    start_ms: int
    end_ms: int

    @property
    def before(self) -> Period:
        """The time of the same length that ends where this one starts."""
        return Period(2 * self.start_ms - self.end_ms, self.start_ms)

    @property
    def days_ms(self) -> range:
        """The midnights in UTC at which its days begin; the first may be before its start."""
        return range(self.start_ms - self.start_ms % DAY_MS, self.end_ms, DAY_MS)

    def calls_of(self, user_id: int | None) -> CallFilter:
        """The calls that began in it, of one user or, for None, of all."""
        return CallFilter(user_id=user_id, from_id=first_id_at(self.start_ms), to_id=first_id_at(self.end_ms))


def period_between(start_ms: int | None, end_ms: int | None, *, now_ms: int) -> Period:
    """From one second to another, both whole in it; by default the 30 days until the end, and the end is now.

    Raises BadRequest when it ends before it starts or is longer than 366 days.
    """
    end_ms = now_ms - now_ms % 1000 if end_ms is None else end_ms
    start_ms = max(0, end_ms - DEFAULT_DAYS * DAY_MS) if start_ms is None else start_ms
    if end_ms < start_ms:
        raise BadRequest("endTime must not be before startTime", param="endTime")
    if end_ms - start_ms > LONGEST_DAYS * DAY_MS:
        raise BadRequest(f"from startTime to endTime must be at most {LONGEST_DAYS} days", param="startTime")
    return Period(start_ms, end_ms + 1000)


def week_of(now_ms: int) -> Period:
    """The week that is, from Sunday on as in the reference, in UTC."""
    midnight = _midnight(now_ms)
    sunday = midnight - timedelta(days=midnight.isoweekday() % 7)
    return _between(sunday, sunday + timedelta(days=7))


def month_of(now_ms: int) -> Period:
    """The month that is, in UTC."""
    first = _midnight(now_ms).replace(day=1)
    return _between(first, (first + timedelta(days=31)).replace(day=1))


def _midnight(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // DAY_MS * DAY_MS // 1000, UTC)


def _between(start: datetime, end: datetime) -> Period:
    return Period(int(start.timestamp()) * 1000, int(end.timestamp()) * 1000)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The calls of a time and those of the time before."""

    current: Totals
    previous: Totals


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC, of which only what is in the period counts."""

    began_ms: int
    totals: Totals
    kinds: dict[str, Totals]


@dataclass(frozen=True, slots=True)
class Report:
    """What was used in a period: every day of it, and its most called models out of `model_count`."""

    kinds: dict[str, Totals]
    days: list[Day]
    models: list[UsedModel]
    model_count: int
    trend: Comparison


def growth(current: float, previous: float) -> float:
    """By which share it grew; from nothing to something is 1 (contract 2.9)."""
    if previous > 0:
        return (current - previous) / previous
    return 1 if current > 0 else 0


def days_of(period: Period, found: list[DayOfKind]) -> list[Day]:
    """Every day of a period, also those without calls."""
    days = {began_ms: Day(began_ms, Totals(), {}) for began_ms in period.days_ms}
    for one in found:
        day = days[one.began_ms]
        day.kinds[one.kind] = one.totals
        days[one.began_ms] = replace(day, totals=day.totals + one.totals)
    return list(days.values())


def sum_by_kind(found: list[DayOfKind]) -> dict[str, Totals]:
    kinds: dict[str, Totals] = {}
    for one in found:
        kinds[one.kind] = kinds.get(one.kind, Totals()) + one.totals
    return kinds


async def report_on(conn: Conn, period: Period, *, user_id: int | None) -> Report:
    """What one user, or for None everybody, used in a period."""
    wanted = period.calls_of(user_id)
    found = await store.days_of_kinds(conn, wanted)
    models, model_count = await store.most_used_models(conn, wanted, limit=MODELS_TOLD)
    previous = await store.add_up(conn, period.before.calls_of(user_id))
    kinds = sum_by_kind(found)
    return Report(
        kinds=kinds,
        days=days_of(period, found),
        models=models,
        model_count=model_count,
        trend=Comparison(sum(kinds.values(), Totals()), previous),
    )


async def compare(conn: Conn, current: Period, previous: Period, *, user_id: int) -> Comparison:
    return Comparison(
        await store.add_up(conn, current.calls_of(user_id)), await store.add_up(conn, previous.calls_of(user_id))
    )
