"""Starting the hub and migrating its database at the shell live here."""

from __future__ import annotations

import asyncio
import sys

import click

from aigne_hub.access.identity import NewKey
from aigne_hub.access.signin.links import MadeLink
from aigne_hub.app import open_house
from aigne_hub.cli.session import data_dir_option, prepare, settings_of, told
from aigne_hub.flows.first_start import first_start
from aigne_hub.flows.send_link import url_of
from aigne_hub.local.supervisor import MODEL_NAME, is_available
from aigne_hub.providers.known import LOCAL
from aigne_hub.serving import serve as serve_hub
from aigne_hub.settings import Settings, pass_on

_WELCOME = """\
Welcome to AIGNE Hub. This is your owner access key; it is not shown again:

  {key}

{hint}:

  curl -N {url}/v1/chat/completions \\
    -H 'Authorization: Bearer {key}' \\
    -H 'Content-Type: application/json' \\
    -d '{{"model": "{model}", "stream": true,
         "messages": [{{"role": "user", "content": "Say hello in one sentence."}}]}}'
"""

_SET_UP = """\
Nobody can sign in at the console yet. Set the owner's name, e-mail address and password or passkey within an hour:

  {link}
"""


@click.command()
@click.option("--host", metavar="H", help="Address to listen on (default: HUB_HOST, else 127.0.0.1).")
@click.option("--port", metavar="P", help="Port to listen on (default: HUB_PORT, else 3030).")
@click.option("--workers", metavar="N", help="Worker processes (default: HUB_WORKERS, else 1).")
@data_dir_option
@told
def serve(host: str | None, port: str | None, workers: str | None, data_dir: str | None) -> None:
    """Run the hub. The first start makes an owner access key and prints it, once."""
    settings = settings_of(host=host, port=port, workers=workers, data_dir=data_dir)
    pass_on(host=host, port=port, workers=workers, data_dir=data_dir)
    prepare(settings)
    made, set_up = asyncio.run(_first_start(settings))

    def ready(url: str) -> None:
        click.echo(f"aigne-hub ready on {url}")
        if made is not None:
            click.echo("\n" + _welcome(settings, url, made))
        if set_up is not None:
            # A browser binds passkeys to names, never to numbers.
            click.echo(_SET_UP.format(link=url_of(set_up, url.replace("//127.0.0.1:", "//localhost:"))))
        sys.stdout.flush()

    sys.exit(serve_hub(settings, ready))


async def _first_start(settings: Settings) -> tuple[NewKey | None, MadeLink | None]:
    async with open_house(settings) as house:
        made = await first_start(house.database, house.users, house.keys)
        async with house.database.write() as conn:
            return made, await house.links.set_up(conn)


def _welcome(settings: Settings, url: str, made: NewKey) -> str:
    if settings.local_model and is_available():
        model, hint = f"{LOCAL}/{MODEL_NAME}", "Ask the model that ships with the hub"
    else:
        model, hint = "PROVIDER/MODEL", "Add a provider with `aigne-hub provider add openai`, then ask it"
    return _WELCOME.format(key=made.secret, url=url, model=model, hint=hint)


@click.command()
@data_dir_option
@told
def migrate(data_dir: str | None) -> None:
    """Bring the database's tables up to date; `serve` does so by itself."""
    applied = prepare(settings_of(data_dir=data_dir))
    click.echo(f"applied {', '.join(applied)}" if applied else "the database is up to date")
