"""Notices at the shell live here: where they are sent."""

from __future__ import annotations

import json
from typing import Any

import click

from aigne_hub.audit.records import SHELL
from aigne_hub.cli.session import data_dir_option, in_house, json_option, told
from aigne_hub.house import House
from aigne_hub.notices import store


@click.group()
def notice() -> None:
    """Where owners and admins are told of credentials and models in trouble."""


@notice.command("show")
@data_dir_option
@json_option
@told
def show_notices(data_dir: str | None, as_json: bool) -> None:
    """Show by which ways notices are sent."""

    async def work(house: House) -> dict[str, Any]:
        async with house.database.read() as conn:
            webhook = await store.find_webhook(conn)
        return {"webhook_url": None if webhook is None else webhook.shown_url, "is_mailed": house.telling.is_mailed}

    found = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(f"webhook: {found['webhook_url'] or 'none'}")
        click.echo(f"mail: {'owners and admins' if found['is_mailed'] else 'none (HUB_SMTP_URL is not set)'}")


@notice.command("webhook")
@click.argument("url", metavar="URL", required=False)
@click.option("--off", "is_off", is_flag=True, help="Send nothing any more.")
@data_dir_option
@json_option
@told
def set_webhook(url: str | None, is_off: bool, data_dir: str | None, as_json: bool) -> None:
    """Send notices to URL, signed with a new secret that is shown this once."""
    if (url is None) is not is_off:
        raise click.UsageError("give either a URL or --off")

    async def work(house: House) -> dict[str, Any]:
        async with house.database.write() as conn:
            if url is None:
                await house.webhooks.remove(conn, SHELL)
                return {"url": None, "secret": None}
            made, secret = await house.webhooks.put(conn, SHELL, url)
        return {"url": made.shown_url, "secret": secret}

    done = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps(done))
    elif done["url"] is None:
        click.echo("notices are not sent to a webhook any more")
    else:
        click.echo(f"notices are sent to {done['url']}, signed with {done['secret']}")


@notice.command("test")
@data_dir_option
@told
def test_notices(data_dir: str | None) -> None:
    """Send a test notice to the webhook now."""

    async def work(house: House) -> int:
        return await house.telling.test()

    click.echo(f"the webhook took it, with status {in_house(data_dir, work)}")
