"""The clients of OAuth at the shell live here."""

from __future__ import annotations

import json
from typing import Any

import click

from aigne_hub.access.identity import Role, Scope, UserId, UserKind
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.clients import ClientDraft
from aigne_hub.access.oauth.records import Client, Grant, NewClient
from aigne_hub.access.oauth.scopes import SELF_SERVICE
from aigne_hub.audit.records import SHELL
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.cli.times import shown_time
from aigne_hub.db.engine import Conn
from aigne_hub.house import House

_GRANTS = {"device_code": Grant.device_code, **{grant.value: grant for grant in Grant if grant.value.isidentifier()}}


@click.group()
def client() -> None:
    """OAuth clients: applications that get tokens from this hub."""


@client.command("create")
@click.option("--name", required=True)
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where people return to; may be given often.")
@click.option("--public", "is_public", is_flag=True, help="It keeps no secret: a desktop, mobile or browser app.")
@click.option("--grant", "grants", type=click.Choice(sorted(_GRANTS)), multiple=True, help="How it gets tokens.")
@click.option(
    "--scope", "scopes", type=click.Choice([s.value for s in Scope]), multiple=True, help="What for, at most."
)
@click.option("--service-account", type=int, help="Whom it acts as with client_credentials; by default a new one.")
@data_dir_option
@json_option
@told
def create_client(
    name: str,
    redirect_uris: tuple[str, ...],
    is_public: bool,
    grants: tuple[str, ...],
    scopes: tuple[str, ...],
    service_account: int | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Register a client. Its secret is shown once, here."""
    wanted = frozenset(_GRANTS[one] for one in grants) or frozenset({Grant.authorization_code, Grant.refresh_token})

    async def work(house: House) -> NewClient:
        async with house.database.write() as conn:
            account = None if service_account is None else UserId(service_account)
            if Grant.client_credentials in wanted and account is None:
                account = await _service_account(house, conn, name)
            chosen = frozenset(map(Scope, scopes)) or SELF_SERVICE
            draft = ClientDraft(name, is_public, redirect_uris, wanted, chosen, account)
            return await house.oauth.clients.create(conn, SHELL, draft)

    made = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps({**_row(made.client), "client_secret": made.secret}))
        return
    click.echo(f"client_id     {made.client.client_id}")
    if made.secret is not None:
        click.echo(f"client_secret {made.secret}\n\nthe secret is not shown again")


@client.command("list")
@data_dir_option
@json_option
@told
def list_clients(data_dir: str | None, as_json: bool) -> None:
    """List clients."""

    async def work(house: House) -> list[Client]:
        async with house.database.read() as conn:
            found: list[Client] = []
            while part := await store.list_clients(conn, before=found[-1].id if found else None, limit=1000):
                found += part
            return found

    rows = [_row(one) for one in in_house(data_dir, work)]
    columns = ("id", "client_id", "name", "kind", "scopes", "disabled")
    show(rows, as_json=as_json, columns=columns, empty="no clients yet: aigne-hub client create --name my-app")


@client.command("remove")
@click.argument("wanted", metavar="ID")
@data_dir_option
@json_option
@told
def remove_client(wanted: str, data_dir: str | None, as_json: bool) -> None:
    """End a client, by its id or client_id, with all its tokens; the running server follows within a second."""

    async def work(house: House) -> Client:
        async with house.database.write() as conn:
            named = await store.find_client_by_name(conn, wanted)
            row_id = named.id if named is not None else int(wanted) if wanted.isdecimal() else 0
            return await house.oauth.clients.remove(conn, SHELL, row_id)

    removed = in_house(data_dir, work)
    click.echo(json.dumps(_row(removed)) if as_json else f"client {removed.id}, {removed.name}, is removed")


async def _service_account(house: House, conn: Conn, name: str) -> UserId:
    return (await house.users.add(conn, SHELL, name, role=Role.member, kind=UserKind.service)).id


def _row(one: Client) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "client_id": one.client_id,
        "name": one.name,
        "kind": "public" if one.is_public else "confidential",
        "redirect_uris": list(one.redirect_uris),
        "grants": sorted(one.grants),
        "scopes": sorted(one.scopes),
        "service_account": None if one.service_account_id is None else str(one.service_account_id),
        "is_dynamic": one.is_dynamic,
        "created": shown_time(one.created_ms),
        "disabled": shown_time(one.disabled_ms),
    }
