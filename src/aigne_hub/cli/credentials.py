"""Credentials at the shell live here: what the hub shows to providers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from aigne_hub.audit.records import SHELL
from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, CredentialKind, CredentialState, Provider
from aigne_hub.catalog.registry import FULL_WEIGHT
from aigne_hub.cli.session import data_dir_option, in_house, json_option, secret_from, show, told
from aigne_hub.cli.times import shown_time
from aigne_hub.db.engine import Conn
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.house import House
from aigne_hub.providers.google_account import FIELD
from aigne_hub.providers.known import canonical

_LONGEST_FILE = 100_000

no_check_option = click.option(
    "--no-check", is_flag=True, help="Keep the credential without trying it at the provider."
)
_CREDENTIAL = (
    click.option("--api-key", metavar="KEY", help="The provider's key; asked for, or read from stdin, without it."),
    click.option(
        "--access-key-id", metavar="ID", help="Of an access key pair of AWS, whose secret is then asked for or read."
    ),
    click.option("--secret-access-key", metavar="SECRET", help="The secret of the pair, if it is not to be asked for."),
    click.option(
        "--service-account",
        type=click.File("r", encoding="utf-8"),
        help="The JSON of a service account of Google Cloud; - reads it from stdin.",
    ),
)
_F = TypeVar("_F", bound=Callable[..., object])


def credential_options(command: _F) -> _F:
    for option in reversed(_CREDENTIAL):
        command = option(command)
    return command


_WHICH = (
    click.option("--name", metavar="N", help="Which of the provider's credentials; not needed when there is one."),
    click.option("--id", "id_", metavar="ID", help="… by its id, when several have the same name."),
)


def _which_options(command: _F) -> _F:
    for option in reversed(_WHICH):
        command = option(command)
    return command


_concurrency_option = click.option(
    "--concurrency", type=int, metavar="N", help="How many calls run at once with it; 0 is no limit."
)


@click.group()
def credential() -> None:
    """What the hub shows to providers."""


@credential.command("add")
@click.argument("provider_name", metavar="PROVIDER")
@click.option("--name", default="default", show_default=True)
@click.option(
    "--weight",
    type=int,
    default=FULL_WEIGHT,
    show_default=True,
    metavar="W",
    help="How often it is chosen beside the provider's others, from 0 (never) to 1000.",
)
@_concurrency_option
@credential_options
@no_check_option
@data_dir_option
@json_option
@told
def add_credential(
    provider_name: str,
    name: str,
    weight: int,
    concurrency: int | None,
    no_check: bool,
    data_dir: str | None,
    as_json: bool,
    **credential: Any,
) -> None:
    """Add a credential to a provider, after trying it there."""
    draft = replace(draft_of(name, provider_name, credential), weight=weight, concurrency=concurrency)

    async def work(house: House) -> Credential:
        async with house.database.read() as conn:
            found = await provider_named(conn, provider_name)
        return await house.credentials.add(SHELL, found.id, draft, is_checked=not no_check)

    _say(in_house(data_dir, work), "added", as_json=as_json)


@credential.command("list")
@click.argument("provider_name", metavar="[PROVIDER]", required=False)
@data_dir_option
@json_option
@told
def list_credentials(provider_name: str | None, data_dir: str | None, as_json: bool) -> None:
    """List credentials, and how each is. What running workers hold back for minutes, GET /api/ai-providers shows."""

    async def work(house: House) -> list[dict[str, Any]]:
        async with house.database.read() as conn:
            providers = await store.list_providers(conn)
            if provider_name is not None:
                providers = [await provider_named(conn, provider_name)]
            credentials = await store.list_credentials(conn)
        return [
            {"provider": provider.name, **credential_row(one, house.state_of(one))}
            for provider in providers
            for one in credentials
            if one.provider_id == provider.id
        ]

    columns = ("id", "provider", "name", "masked", "state", "weight", "error")
    empty = "no credentials yet: add one with `aigne-hub credential add PROVIDER`"
    show(in_house(data_dir, work), as_json=as_json, columns=columns, empty=empty)


@credential.command("set")
@click.argument("provider_name", metavar="PROVIDER")
@_which_options
@click.option("--weight", type=int, metavar="W", help="How often it is chosen, from 0 (never) to 1000.")
@_concurrency_option
@click.option("--on/--off", "active", default=None, help="Use it, or do not until it is switched on again.")
@data_dir_option
@json_option
@told
def set_credential(
    provider_name: str,
    name: str | None,
    id_: str | None,
    weight: int | None,
    concurrency: int | None,
    active: bool | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Give a credential another weight or concurrency, or switch it on or off."""
    if weight is None and concurrency is None and active is None:
        raise BadRequest("nothing to set: give --weight, --concurrency, --on or --off")

    async def work(house: House) -> Credential:
        async with house.database.write() as conn:
            one = await _credential_of(conn, provider_name, name, id_)
            return await house.providers.change_credential(
                conn, SHELL, one.provider_id, one.id, weight=weight, concurrency=concurrency, active=active
            )

    _say(in_house(data_dir, work), "changed", as_json=as_json)


@credential.command("check")
@click.argument("provider_name", metavar="PROVIDER")
@_which_options
@click.option("--test-model", metavar="MODEL", help="Have this model say hello.")
@data_dir_option
@json_option
@told
def check_credential(
    provider_name: str, name: str | None, id_: str | None, test_model: str | None, data_dir: str | None, as_json: bool
) -> None:
    """Try a credential at its provider; one that works is switched on, and the provider's models are read anew."""

    async def work(house: House) -> Credential:
        async with house.database.read() as conn:
            one = await _credential_of(conn, provider_name, name, id_)
        return await house.credentials.recheck(SHELL, one.provider_id, one.id, test_model=test_model)

    _say(in_house(data_dir, work), "checked", as_json=as_json)


@credential.command("remove")
@click.argument("provider_name", metavar="PROVIDER")
@_which_options
@data_dir_option
@told
def remove_credential(provider_name: str, name: str | None, id_: str | None, data_dir: str | None) -> None:
    """Remove a credential. Records of past calls stay."""

    async def work(house: House) -> Credential:
        async with house.database.write() as conn:
            one = await _credential_of(conn, provider_name, name, id_)
            await house.providers.remove_credential(conn, SHELL, one.provider_id, one.id)
            return one

    _say(in_house(data_dir, work), "removed", as_json=False)


def _say(one: Credential, done: str, *, as_json: bool) -> None:
    row = credential_row(one, one.state)
    click.echo(json.dumps(row) if as_json else f"{done} credential {one.name}, {one.display_text}")


async def _credential_of(conn: Conn, provider_name: str, name: str | None, id_: str | None) -> Credential:
    """The provider's only credential, or the one of this name or id. Raises NotFound, BadRequest when it is not one."""
    provider = await provider_named(conn, provider_name)
    found = [
        one
        for one in await store.list_credentials(conn)
        if one.provider_id == provider.id and name in (None, one.name) and id_ in (None, str(one.id))
    ]
    if not found:
        raise NotFound(
            f"there is no such credential: `aigne-hub credential list {provider.name}` shows those there are"
        )
    if len(found) > 1:
        ids = ", ".join(f"{one.name} {one.id}" for one in found)
        raise BadRequest(f"several credentials are meant ({ids}): give --name, or --id")
    return found[0]


async def provider_named(conn: Conn, name: str) -> Provider:
    found = await store.find_provider_by_name(conn, canonical(name))
    if found is None:
        raise NotFound(f"there is no provider {name}: `aigne-hub provider list` shows those there are")
    return found


def draft_of(name: str, provider_name: str, given: dict[str, Any]) -> CredentialDraft:
    """The credential that the options tell of, in one of the three ways. Its secret is asked for if it is not there."""
    if sum(given[way] is not None for way in ("api_key", "access_key_id", "service_account")) > 1:
        raise BadRequest("a credential is an API key, an access key pair or a service account: give one of them")
    if given["service_account"] is not None:
        return CredentialDraft(name, CredentialKind.custom, {FIELD: given["service_account"].read(_LONGEST_FILE)})
    if given["access_key_id"] is not None:
        secret = secret_from(given["secret_access_key"], f"Secret access key of {provider_name}")
        if not secret:
            raise BadRequest("no secret was given: use --secret-access-key, or send it on standard input")
        pair = {"access_key_id": given["access_key_id"], "secret_access_key": secret}
        return CredentialDraft(name, CredentialKind.access_key_pair, pair)
    secret = secret_from(given["api_key"], f"API key of {provider_name}")
    if not secret:
        raise BadRequest("no API key was given: use --api-key, or send it on standard input")
    return CredentialDraft(name, CredentialKind.api_key, {"api_key": secret})


def credential_row(one: Credential, state: CredentialState) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "masked": one.display_text,
        "state": state.value,
        "active": one.active,
        "error": one.error,
        "weight": one.weight,
        "concurrency": one.concurrency,
        "last_used": shown_time(one.last_used_ms),
        "next_check": shown_time(one.next_check_ms),
    }
