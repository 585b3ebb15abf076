"""Starting the hub at the shell: what it prints, once and always, and how it stops."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx

from aigne_hub.db.migrate import head
from tests.cli.shell import Shell
from tests.serving_process import ServingHub, serving_hub


def test_the_first_start_prints_a_key_once_and_the_second_keeps_everything(tmp_path: Path) -> None:
    with serving_hub(tmp_path / "data") as first:
        assert first.said[0] == f"aigne-hub ready on {first.url}"
        key = first.first_key
        assert key is not None
        assert f"curl -N {first.url}/v1/chat/completions" in "\n".join(first.said)
        bearer = {"authorization": f"Bearer {key}"}
        assert httpx.get(f"{first.url}/v1/models", headers=bearer).status_code == 200
        assert first.stop() == 0
    with serving_hub(tmp_path / "data") as second:
        assert key not in "\n".join(second.said) and second.first_key is None
        assert httpx.get(f"{second.url}/v1/models", headers=bearer).status_code == 200


def test_until_an_owner_can_sign_in_each_start_prints_another_link_and_the_one_before_is_no_good(
    tmp_path: Path,
) -> None:
    with serving_hub(tmp_path / "data") as first:
        old = _set_up_token(first)
        assert first.stop() == 0
    with serving_hub(tmp_path / "data") as second:
        token = _set_up_token(second)
        ada = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
        refused = httpx.post(f"{second.url}/api/auth/links/redeem", json={"token": old, **ada})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "link_invalid")
        entered = httpx.post(f"{second.url}/api/auth/links/redeem", json={"token": token, **ada})
        assert (entered.status_code, entered.json()["user"]["role"]) == (200, "owner")
        assert httpx.get(f"{second.url}/api/auth/state").json()["needsSetup"] is False
        assert second.stop() == 0
    (owner,) = Shell(tmp_path / "data").run("user", "list", "--json").json  # completed, not doubled
    assert (owner["name"], owner["role"]) == ("Ada", "owner")
    with serving_hub(tmp_path / "data") as third:
        assert [line for line in third.said if line] == [f"aigne-hub ready on {third.url}"]


def _set_up_token(hub: ServingHub) -> str:
    (link,) = [line.strip() for line in hub.said if "#token=" in line]
    address, _, token = link.partition("#token=")
    assert address == f"{hub.url}/setup".replace("127.0.0.1", "localhost")
    return token


def test_commands_work_while_the_server_runs(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    with serving_hub(tmp_path / "data") as hub:
        made = shell.run("key", "create", "--name", "app", "--json").json
        bearer = {"authorization": f"Bearer {made['key']}"}
        assert httpx.get(f"{hub.url}/v1/models", headers=bearer).status_code == 200
        assert len(shell.run("key", "list", "--json").json) == 2


def test_a_port_that_is_taken_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = Shell(tmp_path / "data", local_model="off").run("serve", "--port", port)
    assert said.code == 1
    assert said.err.startswith(f"Error: HUB_HOST and HUB_PORT: cannot listen on 127.0.0.1:{port}: ")
    assert "Traceback" not in said.err


def test_a_data_directory_that_cannot_be_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = Shell(tmp_path / "file" / "data").run("serve")
    assert said.code == 1
    assert said.err.startswith("Error: HUB_DATA_DIR: ")


def test_migrating_says_what_it_did(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    steps = ", ".join(f"{step:04}" for step in range(1, int(head()) + 1))
    assert shell.run("migrate").out == f"applied {steps}\n"
    assert shell.run("migrate").out == "the database is up to date\n"
