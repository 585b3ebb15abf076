"""OAuth clients at the shell."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.cli.shell import Shell
from tests.serving_process import serving_hub


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def test_a_client_is_made_listed_and_removed(shell: Shell) -> None:
    words = ("--name", "App", "--redirect-uri", "https://a.example/cb", "--redirect-uri", "http://127.0.0.1/cb")
    made = shell.run("client", "create", *words, "--json").json
    assert made["client_id"] and made["client_secret"].startswith("hubcs_")
    listed = shell.run("client", "list", "--json")
    assert made["client_secret"] not in listed.out
    assert [one["client_id"] for one in listed.json] == [made["client_id"]]
    assert shell.run("client", "remove", made["client_id"]).code == 0
    assert shell.run("client", "list", "--json").json == []


def test_a_public_client_has_no_secret(shell: Shell) -> None:
    words = ("--name", "Tool", "--redirect-uri", "http://127.0.0.1/cb", "--public", "--json")
    assert shell.run("client", "create", *words).json["client_secret"] is None


def test_client_credentials_act_as_a_service_account(shell: Shell) -> None:
    made = shell.run("client", "create", "--name", "Robot", "--grant", "client_credentials", "--json").json
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"]}
    with serving_hub(shell.data_dir) as hub:
        token = httpx.post(f"{hub.url}/oauth/token", data=form).json()["access_token"]
        answer = httpx.get(f"{hub.url}/v1/models", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.parametrize("uri", ["http://a.example/cb", "https://a.example/#x", "javascript:alert(1)"])
def test_an_address_that_is_not_safe_is_told_in_one_sentence(shell: Shell, uri: str) -> None:
    said = shell.run("client", "create", "--name", "App", "--redirect-uri", uri)
    assert said.code == 1
    assert said.err.startswith("Error: ") and "Traceback" not in said.err
