"""The journal at the shell lives here: list, export and verify."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from aigne_hub.audit import store
from aigne_hub.audit.records import Filter, Outcome, Row, Verdict
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.cli.times import shown_time
from aigne_hub.house import House

_PART = 1000


@click.group()
def audit() -> None:
    """Who did what: the journal."""


@audit.command("list")
@click.option("--action", help="Such as key.create, or key for all about keys.")
@click.option("--refused", is_flag=True, help="Only what was refused.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@data_dir_option
@json_option
@told
def list_rows(action: str | None, refused: bool, limit: int, data_dir: str | None, as_json: bool) -> None:
    """List the newest rows."""
    wanted = Filter(action=action, outcome=Outcome.refused if refused else None)

    async def work(house: House) -> list[Row]:
        async with house.database.read() as conn:
            return await store.list_rows(conn, wanted, before_seq=None, limit=limit)

    rows = [_fields(row) for row in in_house(data_dir, work)]
    columns = ("seq", "at", "who", "from", "action", "what", "outcome")
    show(rows, as_json=as_json, columns=columns, empty="nothing is noted yet")


@audit.command("export")
@data_dir_option
@told
def export(data_dir: str | None) -> None:
    """Write every row to standard output, oldest first, a JSON object a line."""

    async def work(house: House) -> int:
        seen = 0
        while True:
            async with house.database.read() as conn:
                part = await store.rows_after(conn, seen, _PART)
            if not part:
                return seen
            for row in part:
                click.echo(json.dumps(_fields(row)))
            seen = part[-1].seq

    click.echo(f"{in_house(data_dir, work)} rows", err=True)


@audit.command("verify")
@click.option("--head", metavar="SEQ:HASH", help="A head that was printed before: that row must still be so.")
@data_dir_option
@json_option
@told
def verify(head: str | None, data_dir: str | None, as_json: bool) -> None:
    """Prove that no row was changed, moved or removed; exit code 1 names the first bad one.

    Keep the head that is printed somewhere else: with it, not even somebody who has both the database and
    the master key can rewrite what came before without being found out.
    """

    async def work(house: House) -> tuple[Verdict, bool]:
        async with house.database.read() as conn:
            verdict = await house.journal.verify(conn)
            if head is None:
                return verdict, True
            seq, _, known = head.partition(":")
            if not seq.isdigit():
                raise ValueError("--head is SEQ:HASH, as `aigne-hub audit verify` prints it")
            kept = await store.hash_of(conn, int(seq))
            return verdict, kept is not None and kept.hex() == known.lower()

    verdict, is_same_head = in_house(data_dir, work)
    problem = verdict.problem or (None if is_same_head else f"row {head} is not the one that was known")
    if as_json:
        found = {"ok": problem is None, "rows": verdict.rows, "firstBad": verdict.first_bad, "problem": problem}
        click.echo(json.dumps({**found, "head": f"{verdict.rows}:{verdict.head.hex()}"}))
    elif problem is None:
        click.echo(f"{verdict.rows} rows, all as they were written\nhead {verdict.rows}:{verdict.head.hex()}")
    else:
        click.echo(f"the journal is not whole: {problem}", err=True)
    sys.exit(0 if problem is None else 1)


def _fields(row: Row) -> dict[str, Any]:
    actor, target = row.actor, row.target
    return {
        "seq": row.seq,
        "at": shown_time(row.at_ms),
        "who": actor.name or actor.kind,
        "actor": {"kind": actor.kind, "id": actor.id, "means": actor.means, "meansId": actor.means_id},
        "from": actor.address,
        "requestId": actor.request_id,
        "action": row.action,
        "what": f"{target.kind} {target.name or target.id}" if target else None,
        "target": {"kind": target.kind, "id": target.id, "name": target.name} if target else None,
        "outcome": row.outcome.value,
        "before": None if row.before is None else json.loads(row.before),
        "after": None if row.after is None else json.loads(row.after),
        "hash": row.hash.hex(),
    }
