"""Providers and credentials at the shell live here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from aigne_hub.audit.records import SHELL
from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.catalog import store
from aigne_hub.catalog.entries import Credential, CredentialKind, Provider
from aigne_hub.cli.session import data_dir_option, in_house, json_option, secret_from, show, told
from aigne_hub.cli.times import shown_time
from aigne_hub.db.engine import Conn
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.house import House
from aigne_hub.providers.google_account import FIELD
from aigne_hub.providers.known import canonical, dialects_of

_LONGEST_FILE = 100_000

_no_check = click.option("--no-check", is_flag=True, help="Keep the credential without trying it at the provider.")
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


def _credential_options(command: _F) -> _F:
    for option in reversed(_CREDENTIAL):
        command = option(command)
    return command


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
@_credential_options
@_no_check
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
    draft = _draft("default", name, credential)

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
                _provider_row(one, [c for c in credentials if c.provider_id == one.id])
                for one in await store.list_providers(conn)
            ]

    columns = ("id", "name", "base_url", "enabled", "credential_count")
    empty = "no providers yet: add one with `aigne-hub provider add NAME`"
    show(in_house(data_dir, work), as_json=as_json, columns=columns, empty=empty)


@provider.command("remove")
@click.argument("name")
@data_dir_option
@told
def remove_provider(name: str, data_dir: str | None) -> None:
    """Remove a provider with its credentials. Records of past calls stay."""

    async def work(house: House) -> Provider:
        async with house.database.write() as conn:
            found = await _named(conn, name)
            await house.providers.remove_provider(conn, SHELL, found.id)
            return found

    click.echo(f"removed provider {in_house(data_dir, work).name}")


@click.group()
def credential() -> None:
    """What the hub shows to providers."""


@credential.command("add")
@click.argument("provider_name", metavar="PROVIDER")
@click.option("--name", default="default", show_default=True)
@_credential_options
@_no_check
@data_dir_option
@json_option
@told
def add_credential(
    provider_name: str, name: str, no_check: bool, data_dir: str | None, as_json: bool, **credential: Any
) -> None:
    """Add a credential to a provider, after trying it there."""
    draft = _draft(name, provider_name, credential)

    async def work(house: House) -> Credential:
        async with house.database.read() as conn:
            found = await _named(conn, provider_name)
        return await house.credentials.add(SHELL, found.id, draft, is_checked=not no_check)

    kept = in_house(data_dir, work)
    click.echo(json.dumps(_credential_row(kept)) if as_json else f"added credential {kept.name}, {kept.display_text}")


async def _named(conn: Conn, name: str) -> Provider:
    found = await store.find_provider_by_name(conn, canonical(name))
    if found is None:
        raise NotFound(f"there is no provider {name}: `aigne-hub provider list` shows those there are")
    return found


def _draft(name: str, provider_name: str, given: dict[str, Any]) -> CredentialDraft:
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


def _provider_row(one: Provider, credentials: list[Credential]) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "display_name": one.display_name,
        "base_url": one.base_url,
        "enabled": one.enabled,
        "dialects": list(one.dialects or dialects_of(one.name)),
        "credential_count": len(credentials),
        "credentials": [_credential_row(credential) for credential in credentials],
    }


def _credential_row(one: Credential) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "masked": one.display_text,
        "active": one.active,
        "error": one.error,
        "last_used": shown_time(one.last_used_ms),
    }
