"""Users at the shell live here."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from aigne_hub.access import store
from aigne_hub.access.identity import Role, User, UserId, UserKind
from aigne_hub.access.signin.links import MadeLink
from aigne_hub.access.signin.store import set_password
from aigne_hub.access.users import user_target
from aigne_hub.audit.records import SHELL
from aigne_hub.base.errors import BadRequest
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.cli.times import shown_time
from aigne_hub.flows.send_link import url_of
from aigne_hub.house import House
from aigne_hub.settings import Settings

_ROLES = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """People and service accounts."""


@user.command("add")
@click.option("--name", required=True)
@click.option("--email")
@click.option("--role", type=_ROLES, default="member", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read a password for the console from standard input.")
@data_dir_option
@json_option
@told
def add_user(
    name: str, email: str | None, role: str, password_stdin: bool, data_dir: str | None, as_json: bool
) -> None:
    """Add a user."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if password is not None and email is None:
        raise BadRequest("a person signs in with an e-mail address: give --email as well")

    async def work(house: House) -> User:
        hashed = None
        if password is not None:
            hashed = await house.sign_in.hash_new(password, name=name, email=email)
        async with house.database.write() as conn:
            added = await house.users.add(conn, SHELL, name, role=Role(role), email=email)
            if hashed is not None:
                await set_password(conn, added.id, hashed)
                await house.journal.note(conn, SHELL, "user.password", user_target(added))
            return added

    added = in_house(data_dir, work)
    click.echo(json.dumps(_user_row(added)) if as_json else f"added user {added.id}, {added.name} ({added.role})")


@user.command("list")
@data_dir_option
@json_option
@told
def list_users(data_dir: str | None, as_json: bool) -> None:
    """List users."""

    async def work(house: House) -> list[User]:
        async with house.database.read() as conn:
            found: list[User] = []
            while part := await store.list_users(conn, after=found[-1].id if found else 0):
                found += part
            return found

    rows = [_user_row(one) for one in in_house(data_dir, work)]
    show(rows, as_json=as_json, columns=("id", "name", "role", "email", "created"), empty="no users yet")


@user.command("set-role")
@click.argument("user_id", type=int)
@click.argument("role", type=_ROLES)
@data_dir_option
@told
def set_role(user_id: int, role: str, data_dir: str | None) -> None:
    """Give a user another role; they are signed out."""
    changed = _change(data_dir, user_id, role=Role(role))
    click.echo(f"{changed.name} is {changed.role} now")


@user.command("disable")
@click.argument("user_id", type=int)
@data_dir_option
@told
def disable(user_id: int, data_dir: str | None) -> None:
    """Let a user in no more, by session, key or token; nothing of theirs is deleted."""
    click.echo(f"{_change(data_dir, user_id, is_disabled=True).name} is disabled")


@user.command("enable")
@click.argument("user_id", type=int)
@data_dir_option
@told
def enable(user_id: int, data_dir: str | None) -> None:
    """Let a user in again."""
    click.echo(f"{_change(data_dir, user_id, is_disabled=False).name} is enabled")


@user.command("link")
@click.argument("user_id", type=int)
@data_dir_option
@told
def link(user_id: int, data_dir: str | None) -> None:
    """Print a link, good once within an hour, with which a person sets another password or adds a passkey."""

    async def work(house: House) -> tuple[MadeLink, str]:
        async with house.database.write() as conn:
            found = await house.users.find(conn, UserId(user_id))
            if found.kind is not UserKind.person:
                raise BadRequest("a service account does not sign in: give it an access key")
            return await house.links.reset(conn, SHELL, found), _console(house.settings)

    click.echo(url_of(*in_house(data_dir, work)))


def _change(data_dir: str | None, user_id: int, *, role: Role | None = None, is_disabled: bool | None = None) -> User:
    async def work(house: House) -> User:
        async with house.database.write() as conn:
            return await house.users.change(conn, SHELL, UserId(user_id), role=role, is_disabled=is_disabled)

    return in_house(data_dir, work)


def _console(settings: Settings) -> str:
    """Where the console is, as far as the settings tell."""
    if settings.public_url:
        return settings.public_url
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    return f"http://{host}:{settings.port}"


def _user_row(one: User) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "role": one.role.value,
        "email": one.email,
        "created": shown_time(one.created_ms),
        "disabled": shown_time(one.disabled_ms),
    }
