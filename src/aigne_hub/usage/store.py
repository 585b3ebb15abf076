"""The rows of calls live here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVarTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    Row,
    RowMapping,
    Select,
    Table,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from aigne_hub.base.ids import IDS_PER_DAY, IDS_PER_NODE, NODES, ms_of
from aigne_hub.base.money import NANO
from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import attempts, calls
from aigne_hub.dialects.call import Kind
from aigne_hub.dialects.usage import Usage
from aigne_hub.usage.records import AttemptRecord, CallId, CallRecord, Source, Status, plain

_T = TypeVarTuple("_T")

# What few records say anything of. A row without them costs half (docs/benchmarks.md).
RARE = (
    "error", "app", "cache_write_5m_tokens", "cache_write_1h_tokens", "audio_input_tokens", "audio_output_tokens",
    "images", "seconds", "tool_calls", "tier", "dropped", "credits",
)  # fmt: skip
USUAL = tuple(column.name for column in calls.columns if column.name not in RARE)
COLUMNS = USUAL + RARE
ATTEMPT_COLUMNS = tuple(column.name for column in attempts.columns)
_TOKENS = (
    "input", "output", "cache_read", "reasoning", "cache_write_5m", "cache_write_1h", "audio_input", "audio_output",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls a listing wants; None is "any". Times are bounded by ids: `from_id` inclusive, `to_id` exclusive."""

    user_id: int | None = None
    from_id: int | None = None
    to_id: int | None = None
    status: Status | None = None
    model: str | None = None
    kind: str | None = None
    provider_id: int | None = None
    app: str | None = None
    min_duration_ms: int | None = None
    search: str | None = None  # part of the model's name, or the whole of an id


@dataclass(frozen=True, slots=True)
class Totals:
    """What calls add up to: `usage` as `CallRecord.total_usage`, `credits` in nano-credits."""

    calls: int = 0
    successes: int = 0
    usage: int | float = 0
    credits: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.calls + other.calls,
            self.successes + other.successes,
            plain(self.usage + other.usage),
            self.credits + other.credits,
        )


@dataclass(frozen=True, slots=True)
class DayOfKind:
    """The calls of one kind on one day in UTC, which began at `began_ms`."""

    began_ms: int
    kind: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class UsedModel:
    """The calls of one model of a provider, by the provider's name for it."""

    provider_id: int | None
    model: str
    totals: Totals


def opening(dialect: str) -> Insert:
    """Notes that a call runs; says nothing when more is known of it already."""
    return _insert(dialect).on_conflict_do_nothing(index_elements=["id"])


def closing(dialect: str, columns: Sequence[str] = COLUMNS) -> Insert:
    """Writes a call's final record, over its opening if there is one. Repeating it changes nothing.

    With fewer columns, the others stay as they are: empty, unless there is an opening.
    """
    insert = _insert(dialect).values({name: bindparam(name) for name in columns})
    changed = {name: insert.excluded[name] for name in columns if name != "id"}
    return insert.on_conflict_do_update(index_elements=["id"], set_=changed, where=text("calls.status = 'processing'"))


def attempting(dialect: str) -> Insert:
    """Writes one attempt. Repeating it changes nothing."""
    return _insert(dialect, attempts).on_conflict_do_nothing(index_elements=["call_id", "number"])


def _insert(dialect: str, table: Table = calls) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


async def close_stale(conn: Conn, *, before_id: int, error: str) -> int:
    """Close as failed every call that has run since before `before_id`; returns how many there were."""
    closed = await conn.execute(
        update(calls)
        .where(calls.c.status == "processing", calls.c.id < before_id)
        .values(status=Status.failed.value, error=error, usage_source=Source.partial.value)
    )
    return closed.rowcount


async def close_of(conn: Conn, boot: int, *, before_id: int, error: str) -> int:
    """Close as failed the calls of a process that is dead; returns how many there were."""
    node = (calls.c.id // literal_column(str(IDS_PER_NODE), BigInteger)) % literal_column(str(NODES), BigInteger)
    closed = await conn.execute(
        update(calls)
        .where(calls.c.status == "processing", calls.c.id < before_id, node == boot % NODES)
        .values(status=Status.failed.value, error=error, usage_source=Source.partial.value)
    )
    return closed.rowcount


async def count_calls(conn: Conn, wanted: CallFilter) -> int:
    return int((await conn.execute(_where(select(func.count()).select_from(calls), wanted))).scalar_one())


async def list_calls(conn: Conn, wanted: CallFilter, *, offset: int, limit: int) -> list[CallRecord]:
    """Newest first."""
    query = _where(select(calls), wanted).order_by(calls.c.id.desc()).offset(offset).limit(limit)
    return [_record(row) for row in await conn.execute(query)]


async def attempts_of(conn: Conn, call_ids: Collection[CallId]) -> dict[CallId, list[AttemptRecord]]:
    """The attempts of these calls, in order; of a call whose first attempt succeeded there are none on record."""
    found: dict[CallId, list[AttemptRecord]] = {}
    query = select(attempts).where(attempts.c.call_id.in_(call_ids)).order_by(attempts.c.call_id, attempts.c.number)
    for row in await conn.execute(query):
        one = AttemptRecord(**row._mapping)
        found.setdefault(one.call_id, []).append(one)
    return found


async def add_up(conn: Conn, wanted: CallFilter) -> Totals:
    """All of them as one sum."""
    return _totals((await conn.execute(_where(select(*_sums()), wanted))).one()._mapping)


async def days_of_kinds(conn: Conn, wanted: CallFilter) -> list[DayOfKind]:
    """Every day with calls, by kind, in the order of time."""
    day = (calls.c.id // literal_column(str(IDS_PER_DAY), BigInteger)).label("day")
    query = _where(select(day, calls.c.kind, *_sums()), wanted).group_by(day, calls.c.kind).order_by(day, calls.c.kind)
    rows = [row._mapping for row in await conn.execute(query)]
    return [DayOfKind(ms_of(r["day"] * IDS_PER_DAY), r["kind"], _totals(r)) for r in rows]


async def most_used_models(conn: Conn, wanted: CallFilter, *, limit: int) -> tuple[list[UsedModel], int]:
    """The models with the most calls, and how many models there are in all."""
    model = func.coalesce(calls.c.upstream_model, calls.c.model).label("used")
    sums, of_all = _sums(), func.count().over().label("of_all")
    query = (
        _where(select(calls.c.provider_id, model, of_all, *sums), wanted)
        .group_by(calls.c.provider_id, model)
        .order_by(sums[0].desc(), model, calls.c.provider_id)
        .limit(limit)
    )
    rows = [row._mapping for row in await conn.execute(query)]
    return [UsedModel(r["provider_id"], r["used"], _totals(r)) for r in rows], rows[0]["of_all"] if rows else 0


def _sums() -> tuple[ColumnElement[int], ...]:
    """The columns of `Totals`."""
    tokens = _tokens()
    usage = case(
        (calls.c.kind == Kind.image.value, func.coalesce(calls.c.images, tokens)),
        (calls.c.kind.in_((Kind.audio.value, Kind.video.value)), func.coalesce(calls.c.seconds, tokens)),
        else_=tokens,
    )
    nano = literal_column(str(NANO), BigInteger)  # SQLite adds up in 64 bits, so whole credits apart from the rest
    return (
        func.count().label("calls"),
        func.count().filter(calls.c.status == Status.success.value).label("successes"),
        func.coalesce(func.sum(usage), 0).label("usage"),
        func.coalesce(func.sum(calls.c.credits // nano), 0).label("whole_credits"),
        func.coalesce(func.sum(calls.c.credits % nano), 0).label("nano_credits"),
    )


def _tokens() -> ColumnElement[int]:
    """`Usage.total`. The first is widened, or a sum of two could leave the range of a column."""
    first, *others = [calls.c[f"{name}_tokens"] for name in _TOKENS]
    tokens: ColumnElement[int] = func.coalesce(cast(first, BigInteger), 0)
    for other in others:
        tokens = tokens + func.coalesce(other, 0)
    return tokens


def _totals(r: RowMapping) -> Totals:
    credits = int(r["whole_credits"]) * NANO + int(r["nano_credits"])
    return Totals(r["calls"], r["successes"], plain(r["usage"]), credits)


def _where(query: Select[*_T], wanted: CallFilter) -> Select[*_T]:
    conditions = [
        calls.c.user_id == wanted.user_id if wanted.user_id is not None else None,
        calls.c.id >= wanted.from_id if wanted.from_id is not None else None,
        calls.c.id < wanted.to_id if wanted.to_id is not None else None,
        calls.c.status == wanted.status.value if wanted.status is not None else None,
        calls.c.model.icontains(wanted.model, autoescape=True) if wanted.model is not None else None,
        calls.c.kind == wanted.kind if wanted.kind is not None else None,
        calls.c.provider_id == wanted.provider_id if wanted.provider_id is not None else None,
        calls.c.app == wanted.app if wanted.app is not None else None,
        calls.c.duration_ms >= wanted.min_duration_ms if wanted.min_duration_ms is not None else None,
        _matches(wanted.search) if wanted.search is not None else None,
    ]
    return query.where(and_(True, *(condition for condition in conditions if condition is not None)))


def _matches(search: str) -> ColumnElement[bool]:
    found = or_(calls.c.model.icontains(search, autoescape=True), calls.c.request_id == search)
    return (
        or_(found, calls.c.id == int(search)) if search.isascii() and search.isdigit() and len(search) < 19 else found
    )


def _record(row: Row[tuple[object, ...]]) -> CallRecord:
    r = row._mapping
    return CallRecord(
        id=CallId(r["id"]),
        request_id=r["request_id"],
        user_id=r["user_id"],
        key_id=r["key_id"],
        provider_id=r["provider_id"],
        credential_id=r["credential_id"],
        model=r["model"],
        upstream_model=r["upstream_model"],
        kind=r["kind"],
        status=Status(r["status"]),
        started_ms=r["started_ms"],
        duration_ms=r["duration_ms"],
        first_byte_ms=r["first_byte_ms"],
        usage=_usage(r),
        usage_source=Source(r["usage_source"]),
        error=r["error"],
        app=r["app"],
        dialect=r["dialect"],
        upstream_dialect=r["upstream_dialect"],
        dropped=r["dropped"],
        credits=r["credits"],
    )


def _usage(r: RowMapping) -> Usage:
    return Usage(
        input=r["input_tokens"],
        output=r["output_tokens"],
        cache_read=r["cache_read_tokens"],
        reasoning=r["reasoning_tokens"],
        cache_write_5m=r["cache_write_5m_tokens"],
        cache_write_1h=r["cache_write_1h_tokens"],
        audio_input=r["audio_input_tokens"],
        audio_output=r["audio_output_tokens"],
        images=r["images"],
        seconds=r["seconds"],
        tool_calls=r["tool_calls"],
        tier=r["tier"],
    )
