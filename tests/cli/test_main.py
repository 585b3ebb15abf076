"""The commands there are, and how they look for help."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from aigne_hub.cli.main import main
from tests.cli.shell import Shell


@pytest.mark.parametrize(
    "words",
    [
        "serve", "migrate", "user add", "user list", "user set-role", "key create", "key list", "key revoke",
        "provider add", "provider list", "provider remove", "credential add", "doctor",
    ],
)  # fmt: skip
def test_every_command_explains_itself_within_a_terminal(words: str) -> None:
    said = CliRunner().invoke(main, [*words.split(), "--help"])
    assert said.exit_code == 0
    assert "--data-dir" in said.output
    assert max(map(len, said.output.splitlines())) <= 100


def test_every_listing_has_json() -> None:
    for words in ("user list", "key list", "provider list", "doctor"):
        assert "--json" in CliRunner().invoke(main, [*words.split(), "--help"]).output


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(main, ["--version"]).output.startswith("aigne-hub, version ")


def test_a_bad_setting_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    said = Shell(tmp_path, port="http").run("serve")
    assert (said.code, said.err) == (1, "Error: HUB_PORT must be a whole number from 0 to 65535\n")
    said = Shell(tmp_path, database_url="postgresql://u:hunter2@127.0.0.1:1/x").run("key", "list")
    assert said.code == 1
    assert said.err.startswith("Error: the database cannot be reached")
    assert "hunter2" not in said.err + said.out
