"""OAuth clients at the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def test_a_client_is_made_listed_and_removed(shell: Shell) -> None:
    made = shell.run("client", "create", "--name", "App", "--redirect-uri", "https://app.example/cb", "--json").json
    assert made["client_id"].startswith("hubc_") and made["client_secret"].startswith("hubcs_")
    assert made["grants"] == ["authorization_code", "refresh_token"]
    listed = shell.run("client", "list", "--json")
    assert made["client_secret"] not in listed.out
    assert [one["client_id"] for one in listed.json] == [made["client_id"]]
    assert "CLIENT ID" in shell.run("client", "list").out
    assert shell.run("client", "remove", made["id"]).out == f"client {made['id']}, App, is removed\n"
    assert "aigne-hub client create" in shell.run("client", "list").out


def test_a_public_client_has_no_secret_and_is_removed_by_its_client_id(shell: Shell) -> None:
    words = ("client", "create", "--name", "CLI", "--public", "--redirect-uri", "http://127.0.0.1/cb")
    grants = ("--grant", "authorization_code", "--grant", "device_code", "--scope", "inference")
    made = shell.run(*words, *grants, "--json").json
    assert made["client_secret"] is None and made["scopes"] == ["inference"]
    assert made["grants"] == ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]
    assert shell.run("client", "remove", made["client_id"], "--json").json["id"] == made["id"]


def test_a_machine_gets_a_service_account_of_its_own_or_the_one_it_is_given(shell: Shell) -> None:
    words = ("client", "create", "--name", "Nightly", "--grant", "client_credentials")
    made = shell.run(*words, "--json").json
    (account,) = shell.run("user", "list", "--json").json
    assert (account["id"], account["name"], account["role"]) == (made["service_account"], "Nightly", "member")
    same = shell.run(*words, "--service-account", account["id"], "--json").json
    assert same["service_account"] == account["id"]


def test_a_secret_is_shown_to_a_person_with_a_warning(shell: Shell) -> None:
    said = shell.run("client", "create", "--name", "App", "--redirect-uri", "https://app.example/cb")
    assert "client_secret hubcs_" in said.out and "not shown again" in said.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("create", "--name", "x"), "the grant authorization_code needs a redirect URI"),
        (("create", "--name", "x", "--redirect-uri", "http://a.example"), "a redirect URI is https"),
        (("create", "--name", "x", "--public", "--grant", "client_credentials"), "a public client has no credentials"),
        (("remove", "5"), "there is no such client"),
        (("remove", "hubc_unknown"), "there is no such client"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_and_leaves_nothing(
    shell: Shell, words: tuple[str, ...], message: str
) -> None:
    said = shell.run("client", *words)
    assert said.code == 1
    assert said.err.startswith(f"Error: {message}") and "Traceback" not in said.err
    assert shell.run("user", "list", "--json").json == []
