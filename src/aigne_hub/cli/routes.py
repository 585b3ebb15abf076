"""Routes at the shell live here: where the calls of a name go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TextIO

import click
import msgspec
from msgspec import structs

from aigne_hub.audit.records import SHELL
from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import Hedge, LeftOut, Strategy
from aigne_hub.catalog.routes import store
from aigne_hub.catalog.routes.book import MOST_TIERS, MOST_WEIGHT
from aigne_hub.catalog.routes.entries import Aim, KeptRoute, RouteDraft, TierDraft
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.house import House

_AIM = re.compile(r"(?P<target>.+?)(?::(?P<weight>-?\d{1,4}))?(?:@(?P<tier>\d{1,2}))?")
_HEDGE = re.compile(r"[Pp](?P<after>\d{1,2}(?:\.\d{1,3})?)(?::(?P<most>\d{1,3}(?:\.\d{1,3})?)%)?")


@click.group()
def route() -> None:
    """Where the calls of a name go, when it is not for the hub to decide."""


@route.command("set")
@click.argument("model", metavar="MODEL")
@click.option(
    "--target",
    "aims",
    multiple=True,
    metavar="PROVIDER/MODEL[:WEIGHT][@TIER]",
    help="Who is called, how often beside the others of the tier (1), and in which tier (1). Several, one by one.",
)
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="S[@TIER]",
    help=f"Who is first in a tier, or in all: {', '.join(Strategy)}.",
)
@click.option("--sticky", is_flag=True, help="A conversation stays where it was answered last, for five minutes.")
@click.option(
    "--hedge",
    metavar="P95[:5%]",
    help="Ask a second target too when the first is silent for longer than this percentile of its first bytes; "
    "at most so many of the calls (5%).",
)
@click.option(
    "--file", "file", type=click.File("r"), help="The route as JSON, conditions included; - is standard input."
)
@data_dir_option
@json_option
@told
def set_route(
    model: str,
    aims: tuple[str, ...],
    strategies: tuple[str, ...],
    sticky: bool,
    hedge: str | None,
    file: TextIO | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Make a route for the calls of a name, or another one.

    What ends with :NUMBER or @NUMBER itself, such as bedrock's nova-lite-v1:0, needs a weight behind it.
    """
    if (file is None) is not bool(aims):
        raise click.UsageError("give either --target, once or more, or --file")
    draft = _read(file.read()) if file is not None else _draft(aims, strategies, is_sticky=sticky)
    if hedge is not None:
        draft = structs.replace(draft, hedge=_hedge(hedge))

    async def work(house: House) -> dict[str, Any]:
        async with house.database.write() as conn:
            kept, laid = await house.routes.put(conn, SHELL, model, draft)
            return _row(kept, laid.left_out)

    row = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps(row))
    else:
        _tell(row)


@route.command("show")
@click.argument("model", metavar="MODEL")
@data_dir_option
@json_option
@told
def show_route(model: str, data_dir: str | None, as_json: bool) -> None:
    """Show a route, and which of its targets cannot be used."""

    async def work(house: House) -> dict[str, Any]:
        async with house.database.read() as conn:
            kept = await house.routes.route(conn, model)
            return _row(kept, house.catalog.look_up(model, None).left_out)

    row = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps(row, indent=2))
    else:
        _tell(row)


@route.command("list")
@data_dir_option
@json_option
@told
def list_routes(data_dir: str | None, as_json: bool) -> None:
    """List the routes there are."""

    async def work(house: House) -> list[dict[str, Any]]:
        async with house.database.read() as conn:
            return [
                _row(kept, house.catalog.look_up(kept.model, None).left_out) for kept in await store.list_routes(conn)
            ]

    rows = in_house(data_dir, work)
    if not as_json:
        rows = [
            {
                "model": row["model"],
                "targets": " then ".join(
                    ", ".join(aim["target"] for aim in tier["targets"]) for tier in row["tiers"]
                ),
                "left_out": len(row["left_out"]),
            }
            for row in rows
        ]  # fmt: skip
    empty = "no routes yet: make one with `aigne-hub route set MODEL --target PROVIDER/MODEL`"
    show(rows, as_json=as_json, columns=("model", "targets", "left_out"), empty=empty)


@route.command("remove")
@click.argument("model", metavar="MODEL")
@data_dir_option
@told
def remove_route(model: str, data_dir: str | None) -> None:
    """Take a route away: the name leads again to wherever it does by itself."""

    async def work(house: House) -> None:
        async with house.database.write() as conn:
            await house.routes.remove(conn, SHELL, model)

    in_house(data_dir, work)
    click.echo(f"removed the route for {model}")


def _read(text: str) -> RouteDraft:
    try:
        return msgspec.json.decode(text, type=RouteDraft)
    except msgspec.DecodeError as error:
        raise BadRequest(f"this is no route: {error}") from error


def _draft(aims: Iterable[str], strategies: Iterable[str], *, is_sticky: bool) -> RouteDraft:
    tiers: dict[int, list[Aim]] = {}
    for text in aims:
        found = _AIM.fullmatch(text)
        if found is None:
            raise BadRequest("a target is PROVIDER/MODEL[:WEIGHT][@TIER]")
        weight, tier = int(found["weight"] or 1), int(found["tier"] or 1)
        if weight < 0:
            raise BadRequest(f"{text}: a weight is a whole number from 1 to {MOST_WEIGHT}")
        if weight == 0:
            raise BadRequest(
                f"{text}: a target of weight 0 is never chosen; when the model's own name ends so, write {text}:1"
            )
        tiers.setdefault(tier, []).append(Aim(found["target"], weight))
    numbers = sorted(tiers)
    if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > MOST_TIERS:
        raise BadRequest(f"tiers are numbered 1, 2, 3 … {MOST_TIERS}, without a gap: here they are {numbers}")
    chosen = _strategies(strategies, len(numbers))
    return RouteDraft(
        tuple([TierDraft(tuple(tiers[number]), chosen[number], sticky=is_sticky) for number in numbers])
    )  # fmt: skip


def _hedge(text: str) -> Hedge:
    found = _HEDGE.fullmatch(text)
    if found is None:
        raise BadRequest(f"{text} is no hedge: P95 or P95:5%, the percentile and the share of calls at most")
    return Hedge(round(float(found["after"]) / 100, 5), round(float(found["most"] or 5) / 100, 5))


def _strategies(texts: Iterable[str], count: int) -> dict[int, Strategy]:
    chosen = dict.fromkeys(range(1, count + 1), Strategy.weighted)
    for text in texts:
        name, at, tier = text.partition("@")
        numbers = [int(tier)] if at and tier.isdigit() else list(chosen)
        if name not in list(Strategy) or (at and not set(numbers) <= chosen.keys()) or (at and not tier.isdigit()):
            raise BadRequest(f"{text} is no strategy of a tier there is: {', '.join(Strategy)}, with @TIER for one")
        chosen |= dict.fromkeys(numbers, Strategy(name))
    return chosen


def _tell(row: dict[str, Any]) -> None:
    for number, tier in enumerate(row["tiers"], start=1):
        sticky = ", sticky" if tier.get("sticky") else ""
        click.echo(f"tier {number}, {tier.get('strategy', Strategy.weighted.value)}{sticky}")
        for aim in tier["targets"]:
            when = f"  when {json.dumps(aim['when'])}" if aim.get("when") else ""
            click.echo(f"  {aim['target']}  weight {aim.get('weight', 1)}{when}")
    if hedge := row.get("hedge"):
        click.echo(f"hedged after P{hedge['after'] * 100:g}, at most {hedge['most'] * 100:g}% of the calls")
    for one in row["left_out"]:
        click.echo(f"left out of tier {one['tier']}: {one['target']}: {one['reason']}")


def _row(kept: KeptRoute, left_out: Iterable[LeftOut]) -> dict[str, Any]:
    said = {"tiers": []} if kept.draft is None else msgspec.to_builtins(kept.draft)
    return {
        "model": kept.model,
        **said,
        "left_out": [{"tier": one.tier, "target": one.target, "reason": one.reason} for one in left_out],
    }
