"""The journal at the shell: listed, exported, proved."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    for name in ("a", "b"):
        assert shell.run("key", "create", "--name", name).code == 0
    return shell


def test_what_the_shell_did_is_listed(shell: Shell) -> None:
    rows = shell.run("audit", "list", "--json").json
    assert [(row["who"], row["action"], row["outcome"]) for row in rows] == [
        ("shell", "key.create", "done"),
        ("shell", "key.create", "done"),
        ("shell", "user.create", "done"),
    ]
    assert shell.run("audit", "list", "--action", "user").out.splitlines()[1].split()[-3:] == ["user", "owner", "done"]
    assert "nothing is noted" in shell.run("audit", "list", "--refused").out


def test_an_export_has_every_row_oldest_first(shell: Shell) -> None:
    said = shell.run("audit", "export")
    assert [json.loads(line)["seq"] for line in said.out.splitlines()] == [1, 2, 3]
    assert "3 rows" in said.err


def test_an_untouched_journal_is_proved_and_its_head_told(shell: Shell) -> None:
    said = shell.run("audit", "verify", "--json")
    assert (said.code, said.json["ok"], said.json["rows"]) == (0, True, 3)
    head = said.json["head"]
    shell.run("key", "create", "--name", "c")
    assert shell.run("audit", "verify", "--head", head).code == 0
    assert shell.run("audit", "verify", "--head", "2:" + "0" * 64).code == 1
    assert "SEQ:HASH" in shell.run("audit", "verify", "--head", "x").err


def test_the_first_bad_row_is_named(shell: Shell) -> None:
    with sqlite3.connect(shell.data_dir / "hub.db") as file:
        file.execute("UPDATE audit SET actor_name = 'Mallory' WHERE seq = 2")
    file.close()
    said = shell.run("audit", "verify")
    assert (said.code, said.err.strip()) == (1, "the journal is not whole: row 2 is not as it was written")
