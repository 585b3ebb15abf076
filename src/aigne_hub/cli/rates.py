"""The rates of models at the shell live here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import click

from aigne_hub.audit.records import SHELL
from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.base.money import read_rate, shown_rate
from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.entries import Provider, Tariff
from aigne_hub.catalog.rates import store
from aigne_hub.catalog.rates.entries import RATED, Rate, RateDraft
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.db.engine import Conn
from aigne_hub.dialects.call import Kind
from aigne_hub.house import House
from aigne_hub.providers.known import canonical


class _PerUnit(click.ParamType[int]):
    """Credits per unit, as an exact decimal."""

    name = "decimal"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return read_rate(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


_PER_UNIT = _PerUnit()
_type_option = click.option(
    "--type",
    "kind",
    type=click.Choice([kind.value for kind in RATED]),
    default=Kind.chat.value,
    show_default=True,
    help="For which calls; a model may have a rate for each.",
)


@click.group()
def rate() -> None:
    """What models cost callers, in credits per token, picture or second."""


@rate.command("set")
@click.argument("name", metavar="PROVIDER/MODEL")
@click.option("--input", "input_", type=_PER_UNIT, required=True, metavar="R", help="Credits for a token that goes in.")
@click.option(
    "--output", type=_PER_UNIT, required=True, metavar="R", help="… for a token, picture or second that comes."
)
@click.option(
    "--cache-read", type=_PER_UNIT, metavar="R", help="… for a token read from a cache; by default as --input."
)
@click.option("--cache-write", type=_PER_UNIT, metavar="R", help="… for one written to it; by default as --input.")
@_type_option
@data_dir_option
@json_option
@told
def set_rate(
    name: str,
    input_: int,
    output: int,
    cache_read: int | None,
    cache_write: int | None,
    kind: str,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Give a model a rate, or another one. What is said beside its rate stays."""
    tariff = Tariff(input_, output, cache_read, cache_write)

    async def work(house: House) -> dict[str, Any]:
        async with house.database.write() as conn:
            provider, model = await _named(conn, name)
            old = await store.find_rate_of(conn, provider.id, model, Kind(kind))
            if old is None:
                (kept,) = await house.rates.add(conn, SHELL, [provider.id], RateDraft(model, Kind(kind), tariff))
            else:
                kept = await house.rates.change(conn, SHELL, old, replace(_draft(old), tariff=tariff))
            return _row(kept, provider.name)

    row = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps(row))
    else:
        click.echo(f"{row['model']} costs {row['input']} credits in and {row['output']} out ({row['type']})")


@rate.command("list")
@data_dir_option
@json_option
@told
def list_rates(data_dir: str | None, as_json: bool) -> None:
    """List rates."""

    async def work(house: House) -> list[dict[str, Any]]:
        async with house.database.read() as conn:
            names = {one.id: one.name for one in await catalog_store.list_providers(conn)}
            return [_row(one, names[one.provider_id]) for one in await store.list_rates(conn)]

    columns = ("model", "type", "input", "output", "cache_read", "cache_write")
    empty = "no rates yet: set one with `aigne-hub rate set PROVIDER/MODEL --input R --output R`"
    show(in_house(data_dir, work), as_json=as_json, columns=columns, empty=empty)


@rate.command("remove")
@click.argument("name", metavar="PROVIDER/MODEL")
@_type_option
@data_dir_option
@told
def remove_rate(name: str, kind: str, data_dir: str | None) -> None:
    """Take a model's rate away. Where calls are priced, it can then no longer be called."""

    async def work(house: House) -> None:
        async with house.database.write() as conn:
            provider, model = await _named(conn, name)
            old = await store.find_rate_of(conn, provider.id, model, Kind(kind))
            if old is None:
                raise NotFound(f"{name} has no rate of the type {kind}: `aigne-hub rate list` shows those there are")
            await house.rates.remove(conn, SHELL, old)

    in_house(data_dir, work)
    click.echo(f"removed the rate of {name}")


async def _named(conn: Conn, name: str) -> tuple[Provider, str]:
    """The provider of a name, and the rest of it: the model there."""
    first, slash, model = name.partition("/")
    if not slash or not model:
        raise BadRequest("a model is named PROVIDER/MODEL, such as openai/gpt-5-mini")
    found = await catalog_store.find_provider_by_name(conn, canonical(first))
    if found is None:
        raise NotFound(f"there is no provider {first}: `aigne-hub provider list` shows those there are")
    return found, model


def _draft(rate: Rate) -> RateDraft:
    return RateDraft(
        rate.model,
        rate.kind,
        rate.tariff,
        rate.input_cost,
        rate.output_cost,
        rate.model_display,
        rate.description,
        rate.metadata,
    )


def _row(rate: Rate, provider: str) -> dict[str, Any]:
    tariff = rate.tariff
    return {
        "id": str(rate.id),
        "model": f"{provider}/{rate.model}",
        "type": rate.kind.value,
        "input": shown_rate(tariff.input),
        "output": shown_rate(tariff.output),
        "cache_read": None if tariff.cache_read is None else shown_rate(tariff.cache_read),
        "cache_write": None if tariff.cache_write is None else shown_rate(tariff.cache_write),
    }
