"""Providers at the shell live here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from aigne_hub.audit.records import SHELL
from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, Provider
from aigne_hub.catalog.limits import with_changes, without
from aigne_hub.cli.credentials import (
    credential_options,
    credential_row,
    draft_of,
    no_check_option,
    provider_named,
)
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.house import House
from aigne_hub.providers.known import dialects_of


@click.group()
def provider() -> None:
    """Upstream AI services."""


@provider.command("add")
@click.argument("name")
@click.option("--base-url", metavar="URL", help="Needed unless NAME is a known provider, such as openai.")
@click.option("--region", help="Of a provider that has some, such as bedrock or vertex.")
@click.option("--display-name")
@click.option(
    "--dialect",
    "dialects",
    multiple=True,
    metavar="DIALECT",
    help="What it speaks, such as anthropic_messages; the preferred first. By default what is known by NAME.",
)
@credential_options
@no_check_option
@data_dir_option
@json_option
@told
def add_provider(
    name: str,
    base_url: str | None,
    region: str | None,
    display_name: str | None,
    dialects: tuple[str, ...],
    no_check: bool,
    data_dir: str | None,
    as_json: bool,
    **credential: Any,
) -> None:
    """Add a provider and its first credential. Neither is kept when the provider refuses the key."""
    draft = draft_of("default", name, credential)

    async def work(house: House) -> tuple[Provider, Credential]:
        async with house.database.write() as conn:
            added = await house.providers.add_provider(
                conn, SHELL, name, base_url=base_url, region=region, display_name=display_name, dialects=dialects
            )
        try:
            return added, await house.credentials.add(SHELL, added.id, draft, is_checked=not no_check)
        except BaseException:
            async with house.database.write() as conn:
                await house.providers.remove_provider(conn, SHELL, added.id)
            raise

    added, kept = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps(_provider_row(added, [kept])))
    else:
        click.echo(f"added provider {added.name} at {added.base_url} with credential {kept.display_text}")


@provider.command("list")
@data_dir_option
@json_option
@told
def list_providers(data_dir: str | None, as_json: bool) -> None:
    """List providers."""

    async def work(house: House) -> list[dict[str, Any]]:
        async with house.database.read() as conn:
            credentials = await store.list_credentials(conn)
            return [
                _provider_row(
                    one,
                    [c for c in credentials if c.provider_id == one.id],
                    environment_keys=house.catalog.environment_keys(one.id),
                )
                for one in await store.list_providers(conn)
            ]

    columns = ("id", "name", "base_url", "enabled", "credential_count", "environment_keys")
    empty = "no providers yet: add one with `aigne-hub provider add NAME`"
    show(in_house(data_dir, work), as_json=as_json, columns=columns, empty=empty)


_TIMES = (
    ("connect", "to connect"),
    ("first-byte", "until the head of its answer"),
    ("idle", "that it may pause within an answer"),
    ("total", "for a whole answer"),
    ("queue-time", "that a call may wait for its turn"),
)
_COUNTS = (
    ("retries", "times that a failed attempt is made again"),
    ("concurrency", "calls that run at once"),
    ("queue", "calls that may wait for their turn"),
)
_FIELDS = {
    "connect": "connect_s",
    "first_byte": "first_byte_s",
    "idle": "idle_s",
    "total": "total_s",
    "queue_time": "queue_s",
}
_OF_ALL_MODELS = ("concurrency", "queue", "queue_s")
_F = TypeVar("_F", bound=Callable[..., object])


def _limit_options(command: _F) -> _F:
    for name, text in reversed(_COUNTS):
        command = click.option(f"--{name}", type=int, metavar="N", help=f"How many {text}.")(command)
    for name, text in reversed(_TIMES):
        command = click.option(f"--{name}", type=float, metavar="S", help=f"Seconds {text}.")(command)
    return command


@provider.command("set")
@click.argument("name")
@_limit_options
@click.option("--model", metavar="PATTERN", help="Only of models whose names match, such as '*-thinking'.")
@click.option("--no-limits", is_flag=True, help="Take away all that were set, or with --model those of PATTERN.")
@data_dir_option
@json_option
@told
def set_provider(
    name: str, model: str | None, no_limits: bool, data_dir: str | None, as_json: bool, **given: float | None
) -> None:
    """Limit the time, the tries and the calls at once of a provider. What was set before and is not given stays."""
    changes = {_FIELDS.get(one, one): value for one, value in given.items() if value is not None}
    if bool(changes) is no_limits:
        raise BadRequest("give the limits to set, such as --total 60, or --no-limits")
    if model is not None and any(one in changes for one in _OF_ALL_MODELS):
        raise BadRequest("--concurrency, --queue and --queue-time are of a whole provider: leave --model out")

    async def work(house: House) -> tuple[Provider, list[Credential]]:
        async with house.database.write() as conn:
            old = await provider_named(conn, name)
            limits = without(old.limits, model) if no_limits else with_changes(old.limits, model, changes)
            changed = await house.providers.change_provider(conn, SHELL, old.id, limits=limits)
            return changed, [one for one in await store.list_credentials(conn) if one.provider_id == old.id]

    changed, credentials = in_house(data_dir, work)
    row = _provider_row(changed, credentials)
    click.echo(json.dumps(row) if as_json else f"changed provider {changed.name}: limits {json.dumps(row['limits'])}")


@provider.command("remove")
@click.argument("name")
@data_dir_option
@told
def remove_provider(name: str, data_dir: str | None) -> None:
    """Remove a provider with its credentials. Records of past calls stay."""

    async def work(house: House) -> Provider:
        async with house.database.write() as conn:
            found = await provider_named(conn, name)
            await house.providers.remove_provider(conn, SHELL, found.id)
            return found

    click.echo(f"removed provider {in_house(data_dir, work).name}")


def _provider_row(one: Provider, credentials: list[Credential], *, environment_keys: int = 0) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "display_name": one.display_name,
        "base_url": one.base_url,
        "enabled": one.enabled,
        "dialects": list(one.dialects or dialects_of(one.name)),
        "limits": msgspec.to_builtins(one.limits),
        "credential_count": len(credentials),
        "environment_keys": environment_keys,
        "credentials": [credential_row(credential, credential.state) for credential in credentials],
    }
