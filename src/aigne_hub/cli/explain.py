"""What would become of a call, at the shell, lives here."""

from __future__ import annotations

import json
from typing import Any, TextIO

import click
import msgspec

from aigne_hub.base.errors import BadRequest
from aigne_hub.cli.session import data_dir_option, in_house, json_option, show, told
from aigne_hub.house import House
from aigne_hub.relay.explain import Question, Report


@click.command()
@click.option("--model", required=True, metavar="M", help="The name that is called.")
@click.option("--key", type=click.IntRange(0), metavar="ID", help="The access key that calls (`aigne-hub key list`).")
@click.option("--body", "file", type=click.File("r"), help="The request as JSON; - is standard input.")
@click.option("--stream/--no-stream", "is_stream", default=None, help="Whether a stream is asked for.")
@click.option("--tools/--no-tools", "has_tools", default=None, help="Whether the call has tools.")
@click.option("--tags", default="", metavar="A,B", help="As the header x-hub-tags has them.")
@data_dir_option
@json_option
@told
def explain(
    model: str,
    key: int | None,
    file: TextIO | None,
    is_stream: bool | None,
    has_tools: bool | None,
    tags: str,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Print the attempts that a call would make, and why other targets are left out.

    By what the database says: whom a running hub knows to be down, and whose turn it is there, is not seen.
    """
    asked = Question(model, key, _read(file.read()) if file is not None else None, is_stream, has_tools, tags)

    async def work(house: House) -> Report:
        async with house.database.read() as conn:
            return await house.explainer.explain(conn, asked)

    report = in_house(data_dir, work)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(report), indent=2))
        return
    rows = [
        {"": number, **msgspec.to_builtins(step)} for number, step in enumerate(report.attempts, start=1)
    ]  # fmt: skip
    columns = ("", "provider", "model", "credential", "tier", "weight", "reason")
    show(rows, as_json=False, columns=columns, empty=f"no attempt: {report.problem}")
    if report.left_out:
        click.echo("\nleft out:")
        left_out = [msgspec.to_builtins(one) for one in report.left_out]
        show(left_out, as_json=False, columns=("target", "credential", "tier", "reason"), empty="")
    click.echo("\nby the database alone: ask a running hub at POST /api/routing/explain for whom it knows to be down")


def _read(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadRequest(f"the body is no JSON object: {error}") from error
