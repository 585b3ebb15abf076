"""The journal over the API lives here: list, export, verify. For owners and admins."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from aigne_hub.api.callers import Admin, InHouse, Read
from aigne_hub.api.shapes import Shape, iso
from aigne_hub.api.values import as_id
from aigne_hub.audit import store
from aigne_hub.audit.records import Filter, Outcome, Row
from aigne_hub.base.errors import BadRequest
from aigne_hub.house import House

router = APIRouter(tags=["audit"])

_PART = 500
_MOST_EXPORTED = 100_000
_COLUMNS = (
    "seq", "at", "actor_kind", "actor_id", "actor_name", "means", "means_id", "address", "request_id", "action",
    "target_kind", "target_id", "target_name", "outcome", "before", "after", "hash",
)  # fmt: skip


class RowQuery(Shape):
    action: Annotated[str, Field(max_length=50)] | None = None
    actor: Annotated[str, Field(max_length=20)] | None = None
    target: Annotated[str, Field(max_length=64)] | None = None
    outcome: Outcome | None = None
    from_: Annotated[datetime | None, Field(alias="from")] = None
    to: datetime | None = None

    def as_filter(self) -> Filter:
        return Filter(
            action=self.action or None,
            actor=as_id(self.actor, "User") if self.actor else None,
            target=self.target or None,
            outcome=self.outcome,
            from_ms=_ms(self.from_, "from"),
            to_ms=_ms(self.to, "to"),
        )


class ListQuery(RowQuery):
    after: Annotated[int, Field(ge=1, lt=1 << 63)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ExportQuery(RowQuery):
    format: Literal["jsonl", "csv"] = "jsonl"


class ShownActor(Shape):
    kind: str
    id: str | None
    name: str | None
    means: str | None
    means_id: str | None


class ShownTarget(Shape):
    kind: str
    id: str
    name: str | None


class ShownRow(Shape):
    seq: int
    at: str | None
    actor: ShownActor
    address: str | None
    request_id: str | None
    action: str
    target: ShownTarget | None
    outcome: Outcome
    before: dict[str, object] | None
    after: dict[str, object] | None
    hash: str

    @classmethod
    def of(cls, row: Row) -> ShownRow:
        actor, target = row.actor, row.target
        return cls(
            seq=row.seq,
            at=iso(row.at_ms),
            actor=ShownActor(
                kind=actor.kind,
                id=_text(actor.id),
                name=actor.name,
                means=actor.means,
                means_id=_text(actor.means_id),
            ),
            address=actor.address,
            request_id=actor.request_id,
            action=row.action,
            target=ShownTarget(kind=target.kind, id=target.id, name=target.name) if target else None,
            outcome=row.outcome,
            before=None if row.before is None else json.loads(row.before),
            after=None if row.after is None else json.loads(row.after),
            hash=row.hash.hex(),
        )


class RowPage(Shape):
    list: list[ShownRow]
    next: str | None


class Head(Shape):
    seq: int
    hash: str


class ShownVerdict(Shape):
    ok: bool
    rows: int
    first_bad: int | None
    problem: str | None
    head: Head


@router.get("")
async def list_rows(query: Annotated[ListQuery, Query()], _by: Admin, conn: Read) -> RowPage:
    """Rows from the newest on; `action` finds `key.create`, and `key` all that begins with `key.`."""
    found = await store.list_rows(conn, query.as_filter(), before_seq=query.after, limit=query.limit + 1)
    page = found[: query.limit]
    return RowPage(
        list=[ShownRow.of(row) for row in page], next=str(page[-1].seq) if len(found) > query.limit else None
    )


@router.get("/export")
async def export(query: Annotated[ExportQuery, Query()], _by: Admin, house: InHouse) -> StreamingResponse:
    """The wanted rows as a file, newest first, at most 100,000: JSON lines, or CSV for a spreadsheet."""
    kinds = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
    write = _json_lines if query.format == "jsonl" else _csv_lines
    return StreamingResponse(
        write(_rows(house, query.as_filter())),
        media_type=kinds[query.format],
        headers={"content-disposition": f'attachment; filename="audit.{query.format}"'},
    )


@router.get("/verify")
async def verify(_by: Admin, house: InHouse, conn: Read) -> ShownVerdict:
    """Walk the whole chain and name the first row that is missing, changed, moved or forged."""
    verdict = await house.journal.verify(conn)
    return ShownVerdict(
        ok=verdict.first_bad is None,
        rows=verdict.rows,
        first_bad=verdict.first_bad,
        problem=verdict.problem,
        head=Head(seq=verdict.rows, hash=verdict.head.hex()),
    )


async def _rows(house: House, wanted: Filter) -> AsyncIterator[Row]:
    """In parts, each in a read of its own: a slow reader holds no transaction."""
    before, left = None, _MOST_EXPORTED
    while left > 0:
        async with house.database.read() as conn:
            part = await store.list_rows(conn, wanted, before_seq=before, limit=min(_PART, left))
        if not part:
            return
        for row in part:
            yield row
        before, left = part[-1].seq, left - len(part)


async def _json_lines(rows: AsyncIterator[Row]) -> AsyncIterator[str]:
    async for row in rows:
        yield ShownRow.of(row).model_dump_json(by_alias=True) + "\n"


async def _csv_lines(rows: AsyncIterator[Row]) -> AsyncIterator[str]:
    yield _csv_line(_COLUMNS)
    async for row in rows:
        actor, target = row.actor, row.target
        yield _csv_line(
            (
                row.seq, iso(row.at_ms), actor.kind, actor.id, actor.name, actor.means, actor.means_id, actor.address,
                actor.request_id, row.action, target and target.kind, target and target.id, target and target.name,
                row.outcome, row.before, row.after, row.hash.hex(),
            )
        )  # fmt: skip


def _csv_line(cells: tuple[object, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_cell(cell) for cell in cells])
    return line.getvalue()


def _cell(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: names are written by whoever has them."""
    text = "" if cell is None else str(cell)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _ms(moment: datetime | None, name: str) -> int | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise BadRequest(f"{name} needs a time zone, such as 2026-01-31T00:00:00Z", param=name)
    return int(moment.timestamp() * 1000)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
