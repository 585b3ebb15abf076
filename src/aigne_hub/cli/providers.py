"""Providers and credentials at the shell live here."""

from __future__ import annotations

import json
from typing import Any

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
from aigne_hub.providers.known import canonical, dialects_of

_no_check = click.option("--no-check", is_flag=True, help="Keep the credential without trying it at the provider.")
_api_key = click.option(
    "--api-key", metavar="KEY", help="The provider's key; asked for, or read from stdin, without it."
)


@click.group()
def provider() -> None:
    """Upstream AI services."""


@provider.command("add")
@click.argument("name")
@click.option("--base-url", metavar="URL", help="Needed unless NAME is a known provider, such as openai.")
@click.option("--display-name")
@click.option(
    "--dialect",
    "dialects",
    multiple=True,
    metavar="DIALECT",
    help="What it speaks, such as anthropic_messages; the preferred first. By default what is known by NAME.",
)
@_api_key
@_no_check
@data_dir_option
@json_option
@told
def add_provider(
    name: str,
    base_url: str | None,
    display_name: str | None,
    dialects: tuple[str, ...],
    api_key: str | None,
    no_check: bool,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Add a provider and its first credential. Neither is kept when the provider refuses the key."""
    secret = secret_from(api_key, f"API key of {name}")

    async def work(house: House) -> tuple[Provider, Credential]:
        async with house.database.write() as conn:
            added = await house.providers.add_provider(
                conn, SHELL, name, base_url=base_url, display_name=display_name, dialects=dialects
            )
        try:
            return added, await house.credentials.add(
                SHELL, added.id, _draft("default", secret), is_checked=not no_check
            )
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
@_api_key
@_no_check
@data_dir_option
@json_option
@told
def add_credential(
    provider_name: str, name: str, api_key: str | None, no_check: bool, data_dir: str | None, as_json: bool
) -> None:
    """Add a credential to a provider, after trying it there."""
    secret = secret_from(api_key, f"API key of {provider_name}")

    async def work(house: House) -> Credential:
        async with house.database.read() as conn:
            found = await _named(conn, provider_name)
        return await house.credentials.add(SHELL, found.id, _draft(name, secret), is_checked=not no_check)

    kept = in_house(data_dir, work)
    click.echo(json.dumps(_credential_row(kept)) if as_json else f"added credential {kept.name}, {kept.display_text}")


async def _named(conn: Conn, name: str) -> Provider:
    found = await store.find_provider_by_name(conn, canonical(name))
    if found is None:
        raise NotFound(f"there is no provider {name}: `aigne-hub provider list` shows those there are")
    return found


def _draft(name: str, secret: str) -> CredentialDraft:
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
