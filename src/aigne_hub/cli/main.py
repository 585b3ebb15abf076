"""The commands of `aigne-hub` are gathered here."""

from __future__ import annotations

import click

from aigne_hub import __version__
from aigne_hub.cli.audit import audit
from aigne_hub.cli.clients import client
from aigne_hub.cli.credentials import credential
from aigne_hub.cli.doctor import doctor
from aigne_hub.cli.explain import explain
from aigne_hub.cli.keys import key
from aigne_hub.cli.notices import notice
from aigne_hub.cli.providers import provider
from aigne_hub.cli.rates import rate
from aigne_hub.cli.routes import route
from aigne_hub.cli.serving import migrate, serve
from aigne_hub.cli.users import user


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="aigne-hub")
def main() -> None:
    """AIGNE Hub: one address and one key for every AI provider."""


for command in (serve, migrate, user, key, client, provider, credential, rate, route, explain, notice, audit, doctor):
    main.add_command(command)


if __name__ == "__main__":
    main()
