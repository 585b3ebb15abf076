"""Users at the shell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.cli.shell import Shell
from tests.serving_process import serving_hub

PASSWORD = "correct horse battery"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def test_users_are_added_listed_and_given_roles(shell: Shell) -> None:
    added = shell.run("user", "add", "--name", "Ada", "--email", "ada@example.com", "--role", "owner", "--json").json
    assert (added["name"], added["role"], added["email"]) == ("Ada", "owner", "ada@example.com")
    assert "last owner" in shell.run("user", "set-role", added["id"], "admin").err
    other = shell.run("user", "add", "--name", "Bob", "--email", "bob@example.com", "--json").json
    assert "Bob is admin now" in shell.run("user", "set-role", other["id"], "admin").out
    listed = shell.run("user", "list", "--json").json
    assert [(one["id"], one["role"]) for one in listed] == [(added["id"], "owner"), (other["id"], "admin")]
    assert shell.run("user", "list").out.splitlines()[0].split() == ["ID", "NAME", "ROLE", "EMAIL", "CREATED"]


def test_a_password_from_standard_input_signs_in_and_is_printed_nowhere(shell: Shell) -> None:
    who = ("--name", "Ada", "--email", "Ada@example.com", "--role", "owner")
    added = shell.run("user", "add", *who, "--password-stdin", "--json", stdin=PASSWORD + "\n")
    assert added.code == 0, added.err
    assert PASSWORD not in added.out + added.err
    with serving_hub(shell.data_dir) as hub:
        assert hub.first_key is None and "/setup#" not in "\n".join(hub.said)  # somebody can sign in already
        credentials = {"email": "ada@example.com", "password": PASSWORD}
        answer = httpx.post(f"{hub.url}/api/auth/sign-in", json=credentials)
        assert (answer.status_code, answer.json()["user"]["role"]) == (200, "owner")
        assert hub.stop() == 0
    actions = [row["action"] for row in shell.run("audit", "list", "--json").json]
    assert {"user.create", "user.password", "sign_in.password"} <= set(actions)


@pytest.mark.parametrize("password", ["", "short", "password1234", "ada@example.com"])
def test_a_password_that_cannot_be_adds_nobody(shell: Shell, password: str) -> None:
    words = ("user", "add", "--name", "Ada", "--email", "ada@example.com", "--password-stdin")
    assert shell.run(*words, stdin=password + "\n").code == 1
    assert shell.run("user", "list", "--json").json == []


def test_a_password_needs_an_address_to_sign_in_with(shell: Shell) -> None:
    said = shell.run("user", "add", "--name", "Ada", "--password-stdin", stdin=PASSWORD + "\n")
    assert (said.code, "--email" in said.err) == (1, True)


def test_a_link_lets_a_locked_out_owner_in_once(shell: Shell) -> None:
    words = ("user", "add", "--name", "Ada", "--email", "ada@example.com", "--role", "owner", "--json")
    link = shell.run("user", "link", shell.run(*words).json["id"]).out.strip()
    address, _, token = link.partition("#token=")
    assert address == "http://127.0.0.1:3030/link" and len(token) > 40
    with sqlite3.connect(shell.data_dir / "hub.db") as database:
        assert not [row for row in database.execute("SELECT * FROM tickets") if token in map(str, row)]
    with serving_hub(shell.data_dir) as hub:
        body = {"token": token, "password": PASSWORD}
        assert httpx.post(f"{hub.url}/api/auth/links/redeem", json=body).status_code == 200
        again = httpx.post(f"{hub.url}/api/auth/links/redeem", json=body)
        assert (again.status_code, again.json()["error"]["code"]) == (400, "link_used")


def test_a_user_is_disabled_and_enabled_and_the_last_owner_is_not(shell: Shell) -> None:
    owner = shell.run("user", "add", "--name", "Ada", "--role", "owner", "--json").json
    bob = shell.run("user", "add", "--name", "Bob", "--json").json
    assert shell.run("user", "disable", bob["id"]).out == "Bob is disabled\n"
    assert shell.run("user", "list", "--json").json[1]["disabled"] is not None
    assert shell.run("user", "enable", bob["id"]).out == "Bob is enabled\n"
    refused = shell.run("user", "disable", owner["id"])
    assert (refused.code, "last owner" in refused.err) == (1, True)
    assert "no such user" in shell.run("user", "link", "7").err
