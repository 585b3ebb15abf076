"""Access keys at the shell live here."""

from __future__ import annotations

import json
import re
from typing import Any

import click

from aigne_hub.access import store
from aigne_hub.access.identity import ALL_SCOPES, Key, KeyId, Limits, NewKey, Rights, Role, Scope, UserId
from aigne_hub.access.keys import read_networks
from aigne_hub.audit.records import SHELL
from aigne_hub.base.errors import BadRequest
from aigne_hub.base.hangup import read_drain, shown_drain
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.cli.times import shown_time
from aigne_hub.db.engine import Conn
from aigne_hub.house import House

_ROLES = click.Choice([role.value for role in Role])
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.group()
def key() -> None:
    """Access keys."""


@key.command("create")
@click.option("--name", required=True)
@click.option("--role", type=_ROLES, default="member", show_default=True)
@click.option("--expires-in", metavar="TIME", help="Such as 30m, 12h or 90d; without it the key does not expire.")
@click.option("--user", "user_id", type=int, help="Whose key it is; the first owner's by default.")
@click.option("--scope", "scopes", type=click.Choice([s.value for s in Scope]), multiple=True, help="Only for this.")
@click.option("--model", "models", multiple=True, help="Only models like this: openai/*, gpt-5-mini.")
@click.option("--address", "addresses", multiple=True, help="Only from here: 10.0.0.7, 192.168.0.0/16.")
@click.option("--requests-per-minute", type=int)
@click.option("--tokens-per-minute", type=int)
@click.option("--concurrency", type=int, help="Calls at a time.")
@click.option("--strict", is_flag=True, help="Refuse its calls when a translation would lose something.")
@click.option("--on-hangup", metavar="WHAT", help="When its caller hangs up: cancel, a number of seconds, or end.")
@data_dir_option
@json_option
@told
def create_key(
    name: str,
    role: str,
    expires_in: str | None,
    user_id: int | None,
    data_dir: str | None,
    as_json: bool,
    **narrow: Any,
) -> None:
    """Make an access key. It is shown once, here."""
    expires_in_s, rights = None if expires_in is None else _seconds(expires_in), _rights(**narrow)

    async def work(house: House) -> NewKey:
        async with house.database.write() as conn:
            holder = UserId(user_id) if user_id is not None else await _first_owner(house, conn)
            return await house.keys.create(
                conn, SHELL, holder, name, role=Role(role), rights=rights, expires_in_s=expires_in_s
            )

    made = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps({**_key_row(made.key), "key": made.secret}))
    else:
        click.echo(f"{made.secret}\n\nkey {made.key.id}, {made.key.name} ({made.key.role}): it is not shown again")


@key.command("list")
@data_dir_option
@json_option
@told
def list_keys(data_dir: str | None, as_json: bool) -> None:
    """List access keys, without their secrets."""

    async def work(house: House) -> list[Key]:
        async with house.database.read() as conn:
            found: list[Key] = []
            while part := await store.list_keys(conn, after=found[-1].id if found else 0):
                found += part
            return found

    rows = [_key_row(one) for one in in_house(data_dir, work)]
    columns = ("id", "name", "role", "hint", "created", "expires", "last_used", "revoked")
    show(rows, as_json=as_json, columns=columns, empty="no keys yet: make one with `aigne-hub key create --name NAME`")


@key.command("rotate")
@click.argument("key_id", type=int)
@click.option("--overlap", default="24h", show_default=True, help="How long the old secret works on; 0s: not.")
@data_dir_option
@json_option
@told
def rotate_key(key_id: int, overlap: str, data_dir: str | None, as_json: bool) -> None:
    """Give a key another secret. It is shown once, here; its id, name and rights stay."""
    overlap_s = 0 if overlap in ("0", "0s") else _seconds(overlap)

    async def work(house: House) -> NewKey:
        async with house.database.write() as conn:
            return await house.keys.rotate(conn, SHELL, KeyId(key_id), overlap_s=overlap_s)

    made = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps({**_key_row(made.key), "key": made.secret}))
    else:
        until = shown_time(made.key.previous_until_ms)
        old = f"the old secret works until {until}" if until else "the old secret does not work any more"
        click.echo(f"{made.secret}\n\nkey {made.key.id}, {made.key.name}: it is not shown again; {old}")


@key.command("revoke")
@click.argument("key_id", type=int)
@data_dir_option
@json_option
@told
def revoke_key(key_id: int, data_dir: str | None, as_json: bool) -> None:
    """End a key for good; the running server follows within a second."""

    async def work(house: House) -> Key:
        async with house.database.write() as conn:
            return await house.keys.revoke(conn, SHELL, KeyId(key_id))

    revoked = in_house(data_dir, work)
    click.echo(json.dumps(_key_row(revoked)) if as_json else f"key {revoked.id}, {revoked.name}, is revoked")


async def _first_owner(house: House, conn: Conn) -> UserId:
    owner = await store.first_owner(conn)
    if owner is None:  # a shell with the data directory may do all an owner may, so it may make one
        owner = await house.users.add(conn, SHELL, "owner", role=Role.owner)
    return owner.id


def _rights(
    scopes: tuple[str, ...],
    models: tuple[str, ...],
    addresses: tuple[str, ...],
    requests_per_minute: int | None,
    tokens_per_minute: int | None,
    concurrency: int | None,
    strict: bool,
    on_hangup: str | None,
) -> Rights:
    limits = Limits(requests_per_minute, tokens_per_minute, concurrency)
    return Rights(
        scopes=frozenset(map(Scope, scopes)) or ALL_SCOPES,
        models=models or None,
        networks=read_networks(addresses) if addresses else None,
        limits=limits if limits.is_any else None,
        is_strict=strict,
        drain_s=None if on_hangup is None else _drain(on_hangup),
    )


def _drain(text: str) -> float:
    try:
        return read_drain(text)
    except ValueError as error:
        raise BadRequest(f"--on-hangup {error}") from None


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if not found or int(found[1]) == 0:
        raise BadRequest(f"{text}: give a time such as 30m, 12h or 90d")
    return int(found[1]) * _UNITS[found[2]]


def _key_row(one: Key) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "user": str(one.user_id),
        "role": one.role.value,
        "hint": f"…{one.hint}",
        "prefix": one.prefix,
        "scopes": None if one.rights.scopes == ALL_SCOPES else sorted(one.rights.scopes),
        "models": one.rights.models,
        "addresses": None if one.rights.networks is None else [str(net) for net in one.rights.networks],
        "requests_per_minute": (one.rights.limits or Limits()).requests_per_minute,
        "tokens_per_minute": (one.rights.limits or Limits()).tokens_per_minute,
        "concurrency": (one.rights.limits or Limits()).concurrency,
        "strict": one.rights.is_strict,
        "on_hangup": None if one.rights.drain_s is None else shown_drain(one.rights.drain_s),
        "created": shown_time(one.created_ms),
        "expires": shown_time(one.expires_ms),
        "last_used": shown_time(one.last_used_ms),
        "last_used_from": one.last_used_address,
        "revoked": shown_time(one.revoked_ms),
    }
