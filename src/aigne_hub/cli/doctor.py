"""Examining an installation at the shell lives here: what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass

import click

from aigne_hub.access import store as access_store
from aigne_hub.app import open_house
from aigne_hub.base.errors import HubError
from aigne_hub.cli.session import data_dir_option, json_option, settings_of, show, told
from aigne_hub.db.migrate import current, head
from aigne_hub.house import House
from aigne_hub.local.supervisor import is_available
from aigne_hub.master_key import master_key
from aigne_hub.settings import BadSetting, Settings


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    is_good: bool
    detail: str


@click.command()
@data_dir_option
@json_option
@told
def doctor(data_dir: str | None, as_json: bool) -> None:
    """Examine the hub's installation; exits with 1 when something is wrong. Changes nothing."""
    findings = examine(settings_of(data_dir=data_dir))
    rows = [{"check": one.check, "state": "ok" if one.is_good else "WRONG", "detail": one.detail} for one in findings]
    show(rows, as_json=as_json, columns=("check", "state", "detail"), empty="nothing to check")
    sys.exit(0 if all(one.is_good for one in findings) else 1)


def examine(settings: Settings) -> list[Finding]:
    """All findings, worst first. A check that cannot be made because an earlier one failed is left out."""
    if not settings.data_dir.is_dir():
        return [Finding("data directory", False, f"{settings.data_dir} does not exist: start the hub once")]
    findings = [_key_file(settings), _found("tables", lambda: _tables(settings))]
    if all(one.is_good for one in findings):
        findings += asyncio.run(_rooms(settings))
    findings.append(_local_model(settings))
    return sorted(findings, key=lambda one: one.is_good)


def _found(check: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except HubError as error:
        return Finding(check, False, error.message)
    except (BadSetting, ValueError) as error:
        return Finding(check, False, str(error))


def _key_file(settings: Settings) -> Finding:
    if settings.secret_key is not None:
        return Finding("master key", True, "from HUB_SECRET_KEY")
    path = settings.data_dir / "secret.key"
    if not path.exists():
        return Finding("master key", False, f"{path} is missing: start the hub once, or set HUB_SECRET_KEY")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding("master key", False, f"{path} can be read by others: chmod 600 it")

    def readable() -> Finding:
        master_key(settings)
        return Finding("master key", True, str(path))

    return _found("master key", readable)


def _tables(settings: Settings) -> Finding:
    revision = current(settings.database)
    if revision != head():
        return Finding("tables", False, f"at {revision or 'nothing'}, {head()} is needed: run `aigne-hub migrate`")
    return Finding("tables", True, f"at {revision}")


async def _rooms(settings: Settings) -> list[Finding]:
    async with open_house(settings) as house:
        return [await _owner(house), *_providers(house)]


async def _owner(house: House) -> Finding:
    async with house.database.read() as conn:
        owner = await access_store.first_owner(conn)
    return Finding("owner", owner is not None, owner.name if owner else "nobody: run `aigne-hub user add --role owner`")


def _providers(house: House) -> list[Finding]:
    ready = {provider.id for provider in house.catalog.ready()}
    findings = [
        Finding(
            f"provider {provider.name}",
            provider.id in ready or not provider.enabled,
            "ready" if provider.id in ready else "has no usable credential" if provider.enabled else "switched off",
        )
        for provider in house.catalog.providers()
    ]
    findings += [
        Finding(f"credential {one.name}", False, "cannot be read with this master key: enter it again")
        for one in house.catalog.unreadable
    ]
    return findings


def _local_model(settings: Settings) -> Finding:
    if not settings.local_model:
        return Finding("local model", True, "switched off by HUB_LOCAL_MODEL")
    return Finding("local model", True, "installed" if is_available() else "not installed; the hub runs without it")
