"""How a command runs lives here: settings, the house, and errors told in one sentence."""

from __future__ import annotations

import asyncio
import functools
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ParamSpec, TypeVar

import click

from aigne_hub.app import open_house
from aigne_hub.base.errors import HubError
from aigne_hub.base.logs import set_up
from aigne_hub.db.migrate import upgrade
from aigne_hub.house import House
from aigne_hub.settings import BadSetting, Settings, read_settings

P = ParamSpec("P")
R = TypeVar("R")

data_dir_option = click.option("--data-dir", metavar="DIR", help="Data directory (default: HUB_DATA_DIR, else ./data).")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def settings_of(**overrides: str | None) -> Settings:
    """Settings of the environment and the command's own options; a bad one ends the command."""
    try:
        return read_settings(None, **overrides)
    except BadSetting as error:
        raise click.ClickException(str(error)) from None


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Have a command tell the hub's own errors in one sentence, with exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except HubError as error:
            raise click.ClickException(error.message) from None
        except (BadSetting, ValueError) as error:
            raise click.ClickException(str(error)) from None

    return wrapped


def in_house(data_dir: str | None, work: Callable[[House], Awaitable[R]]) -> R:
    """Do `work` in the house of `data_dir`, its tables brought up to date before."""
    settings = settings_of(data_dir=data_dir)
    set_up("warning", as_json=False)
    prepare(settings)

    async def run() -> R:
        async with open_house(settings) as house:
            return await work(house)

    return asyncio.run(run())


def prepare(settings: Settings) -> list[str]:
    """Make the data directory and bring the tables up to date; the revisions that were applied."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"HUB_DATA_DIR: {settings.data_dir} cannot be used: {error.strerror}") from error
    return upgrade(settings.database)


def show(rows: Iterable[dict[str, Any]], *, as_json: bool, columns: tuple[str, ...], empty: str) -> None:
    """Print a listing: JSON with all fields, or a table of some."""
    rows = list(rows)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif not rows:
        click.echo(empty)
    else:
        table = [[name.upper().replace("_", " ") for name in columns]]
        table += [["-" if row[name] is None else str(row[name]) for name in columns] for row in rows]
        widths = [max(len(line[at]) for line in table) for at in range(len(columns))]
        for line in table:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def secret_from(flag: str | None, prompt: str) -> str:
    """A secret: from its flag, else from standard input (asked for, unseen, at a terminal)."""
    if flag not in (None, "-"):
        return str(flag).strip()
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True)).strip()
    return sys.stdin.readline().strip()
