"""Keys at the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def test_a_key_is_made_listed_and_revoked(shell: Shell) -> None:
    made = shell.run("key", "create", "--name", "app", "--role", "member", "--expires-in", "1h", "--json").json
    assert made["key"].startswith("blocklet-")
    assert (made["name"], made["role"], made["hint"]) == ("app", "member", f"…{made['key'][-4:]}")
    listed = shell.run("key", "list", "--json")
    assert made["key"] not in listed.out
    (row,) = listed.json
    assert row["id"] == made["id"] and row["expires"] is not None and row["revoked"] is None
    assert shell.run("key", "revoke", made["id"]).out == f"key {made['id']}, app, is revoked\n"
    assert shell.run("key", "list", "--json").json[0]["revoked"] is not None


def test_a_key_is_made_narrow_and_rotated(shell: Shell) -> None:
    narrow = ("--scope", "inference", "--model", "up/*", "--address", "10.0.0.0/8", "--requests-per-minute", "60")
    made = shell.run(
        "key", "create", "--name", "app", *narrow, "--concurrency", "2", "--strict", "--on-hangup", "END", "--json"
    ).json
    assert (made["scopes"], made["models"], made["addresses"]) == (["inference"], ["up/*"], ["10.0.0.0/8"])
    assert (made["requests_per_minute"], made["tokens_per_minute"], made["concurrency"]) == (60, None, 2)
    assert made["strict"] is True
    assert made["on_hangup"] == "end"
    assert shell.run("key", "create", "--name", "other", "--json").json["strict"] is False
    rotated = shell.run("key", "rotate", made["id"], "--overlap", "1h", "--json").json
    assert rotated["id"] == made["id"] and rotated["key"] != made["key"]
    assert rotated["models"] == ["up/*"]
    assert "does not work any more" in shell.run("key", "rotate", made["id"], "--overlap", "0s").out


@pytest.mark.parametrize(
    "words",
    [
        ("--address", "example.com"),
        ("--model", "a b"),
        ("--concurrency", "0"),
        ("--on-hangup", "soon"),
        ("--expires-in", "soon"),
    ],
)
def test_what_a_key_cannot_be_is_told_in_one_sentence(shell: Shell, words: tuple[str, str]) -> None:
    said = shell.run("key", "create", "--name", "app", *words)
    assert said.code == 1
    assert said.err.startswith("Error: ") and "Traceback" not in said.err


def test_a_key_is_shown_to_a_person_with_a_warning(shell: Shell) -> None:
    said = shell.run("key", "create", "--name", "app")
    assert said.out.splitlines()[0].startswith("blocklet-")
    assert "not shown again" in said.out


def test_an_empty_listing_says_what_to_do(shell: Shell) -> None:
    assert "aigne-hub key create" in shell.run("key", "list").out
    assert shell.run("user", "list", "--json").json == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("key", "revoke", "5"), "Error: there is no such key\n"),
        (("user", "set-role", "5", "admin"), "Error: there is no such user\n"),
        (("key", "create", "--name", "x", "--expires-in", "soon"), "Error: soon: give a time such as"),
        (("key", "create", "--name", "x", "--expires-in", "0h"), "Error: 0h: give a time such as"),
        (("key", "create", "--name", " "), "Error: a name has 1 to 100 visible characters\n"),
        (("key", "create", "--name", "x", "--user", "9"), "Error: there is no such user\n"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(shell: Shell, words: tuple[str, ...], message: str) -> None:
    said = shell.run(*words)
    assert said.code == 1
    assert said.err.startswith(message)
    assert "Traceback" not in said.err
