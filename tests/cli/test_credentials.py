"""Credentials at the shell."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cli.shell import Said, Shell
from tests.upstream import Upstream, whole

KEY = "sk-shell-0123456789abcdef"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    words = ("provider", "add", "own", "--base-url", "http://127.0.0.1:9/v1", "--api-key", KEY, "--no-check")
    assert shell.run(*words).code == 0
    return shell


def add(shell: Shell, name: str, *more: str) -> Said:
    return shell.run("credential", "add", "own", "--name", name, "--api-key", KEY, "--no-check", *more)


def listed(shell: Shell, *more: str) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in shell.run("credential", "list", *more, "--json").json}


def test_a_credential_is_added_with_a_weight_listed_and_removed(shell: Shell) -> None:
    added = add(shell, "two", "--weight", "30", "--json").json
    assert (added["name"], added["weight"], added["state"], added["active"]) == ("two", 30, "active", True)
    rows = listed(shell, "own")
    assert rows["two"] == {"provider": "own", **added}
    assert [(name, row["weight"], row["state"], row["error"]) for name, row in rows.items()] == [
        ("default", 100, "active", None),
        ("two", 30, "active", None),
    ]
    shown = shell.run("credential", "list").out
    assert "two" in shown and "sk-s****************cdef" in shown and KEY not in shown
    assert shell.run("credential", "remove", "own", "--name", "two").out.startswith("removed credential two")
    assert list(listed(shell)) == ["default"]
    assert shell.run("credential", "remove", "own").code == 0  # there is but one
    assert "no credentials yet" in shell.run("credential", "list").out


def test_a_credential_gets_another_weight_and_is_switched_off_and_on(shell: Shell) -> None:
    changed = shell.run("credential", "set", "own", "--weight", "0", "--off", "--json").json
    assert (changed["weight"], changed["state"], changed["active"]) == (0, "off", False)
    assert listed(shell)["default"]["state"] == "off"
    changed = shell.run("credential", "set", "own", "--name", "default", "--on", "--json").json
    assert (changed["weight"], changed["state"]) == (0, "active")


def test_a_credential_of_another_master_key_is_told_as_unreadable(shell: Shell) -> None:
    (shell.data_dir / "secret.key").write_text("ab" * 32)
    assert listed(shell)["default"]["state"] == "unreadable"
    said = shell.run("credential", "check", "own")
    assert (said.code, "enter it again" in said.err) == (1, True)


@pytest.mark.anyio
async def test_a_check_switches_a_credential_that_works_on(shell: Shell, upstream: Upstream) -> None:
    upstream.script = whole({"data": [{"id": "m"}]})

    def steps() -> list[Said]:
        shell.run("provider", "add", "up", "--base-url", upstream.url, "--api-key", KEY, "--no-check")
        return [
            shell.run("credential", "set", "up", "--weight", "7", "--off", "--json"),
            shell.run("credential", "check", "up", "--json"),
        ]

    off, checked = await asyncio.to_thread(steps)
    assert (off.json["state"], checked.json["state"], checked.json["weight"]) == ("off", "active", 7)
    assert [asked.path for asked in upstream.asked] == ["/v1/models"]
    upstream.script = whole({}, 401)
    said = await asyncio.to_thread(shell.run, "credential", "check", "up")
    assert said.err == "Error: up refused the credential (status 401)\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "own", "--weight", "-1"), "a credential's weight is a whole number from 0, which is never chosen"),
        (("add", "own", "--weight", "1001"), "to 1000"),
        (("set", "own", "--weight", "-5"), "a credential's weight is a whole number"),
        (("set", "own"), "nothing to set"),
        (("set", "none", "--weight", "1"), "there is no provider none"),
        (("list", "none"), "there is no provider none"),
        (("remove", "own", "--name", "gone"), "there is no such credential"),
        (("check", "own", "--id", "7"), "there is no such credential"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(shell: Shell, words: tuple[str, ...], message: str) -> None:
    more = ("--api-key", KEY, "--no-check") if words[0] == "add" else ()
    said = shell.run("credential", *words, *more)
    assert said.code == 1
    assert said.err.startswith("Error: ") and message in said.err
    assert [row["weight"] for row in listed(shell).values()] == [100]


def test_a_weight_is_a_whole_number(shell: Shell) -> None:
    for weight in ("1.5", "much"):
        assert add(shell, "n", "--weight", weight).code == 2


def test_which_of_several_is_meant_has_to_be_said(shell: Shell) -> None:
    added = add(shell, "default", "--json").json
    said = shell.run("credential", "remove", "own", "--name", "default")
    assert (said.code, added["id"] in said.err, "--id" in said.err) == (1, True, True)
    assert shell.run("credential", "remove", "own", "--id", added["id"]).code == 0
    assert len(shell.run("credential", "list", "--json").json) == 1


def test_a_credential_has_a_concurrency_of_its_own(shell: Shell) -> None:
    words = ("--api-key", "sk-two-0123456789", "--no-check", "--json")
    added = shell.run("credential", "add", "own", "--name", "two", "--concurrency", "3", *words).json
    assert (added["concurrency"], added["weight"]) == (3, 100)
    freed = shell.run("credential", "set", "own", "--name", "two", "--concurrency", "0", "--json").json
    assert freed["concurrency"] is None
