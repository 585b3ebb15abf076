"""Providers and credentials at the shell."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cli.shell import Said, Shell
from tests.providers.google_key import EMAIL, service_account
from tests.upstream import Upstream, whole

KEY = "sk-shell-0123456789abcdef"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def add(shell: Shell, *more: str, stdin: str = "") -> Said:
    return shell.run("provider", "add", "own", "--base-url", "http://127.0.0.1:9/v1", *more, stdin=stdin)


def test_a_provider_is_added_listed_and_removed(shell: Shell) -> None:
    added = add(shell, "--api-key", KEY, "--no-check", "--json").json
    assert (added["name"], added["base_url"], added["credential_count"]) == ("own", "http://127.0.0.1:9/v1", 1)
    assert added["credentials"][0]["masked"] == "sk-s****************cdef"
    assert "own" in shell.run("provider", "list").out
    assert shell.run("provider", "list", "--json").json == [added]
    assert shell.run("provider", "remove", "own").out == "removed provider own\n"
    assert "no providers yet" in shell.run("provider", "list").out


def test_a_provider_of_any_dialect_is_added(shell: Shell) -> None:
    words = ("provider", "add", "mine", "--base-url", "http://127.0.0.1:1/v1", "--api-key", "sk-0123456789abcdefghij")
    added = shell.run(*words, "--dialect", "anthropic_messages", "--no-check", "--json").json
    assert added["dialects"] == ["anthropic_messages"]


def test_a_key_is_read_from_standard_input(shell: Shell) -> None:
    said = add(shell, "--no-check", stdin=KEY + "\n")
    assert said.code == 0
    assert "sk-s****************cdef" in said.out
    assert KEY not in said.out + said.err


def test_a_second_credential_is_added(shell: Shell) -> None:
    add(shell, "--api-key", KEY, "--no-check")
    kept = shell.run(
        "credential", "add", "own", "--name", "two", "--api-key", "sk-two-0123456789", "--no-check", "--json"
    )
    assert (kept.json["name"], kept.json["active"]) == ("two", True)
    assert shell.run("provider", "list", "--json").json[0]["credential_count"] == 2


def test_a_provider_whose_key_cannot_be_tried_is_not_kept(shell: Shell) -> None:
    said = add(shell, "--api-key", KEY)
    assert (said.code, shell.run("provider", "list", "--json").json) == (1, [])
    assert said.err.startswith("Error: own could not be asked: could not connect to 127.0.0.1:9")


@pytest.mark.anyio
async def test_a_key_is_tried_before_it_is_kept(shell: Shell, upstream: Upstream) -> None:
    upstream.script = whole({"data": [{"id": "m"}]})
    words = ("provider", "add", "own", "--base-url", upstream.url, "--api-key", KEY)
    said = await asyncio.to_thread(shell.run, *words)
    assert said.code == 0, said.err
    assert upstream.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("provider", "add", "own", "--api-key", KEY), "Error: this provider needs a base URL"),
        (("provider", "add", "openai"), "Error: no API key was given"),
        (("provider", "remove", "own"), "Error: there is no provider own"),
        (("credential", "add", "own", "--api-key", KEY), "Error: there is no provider own"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(shell: Shell, words: tuple[str, ...], message: str) -> None:
    said = shell.run(*words)
    assert said.code == 1
    assert said.err.startswith(message)
    assert shell.run("provider", "list", "--json").json == []


def test_an_access_key_pair_is_added_with_a_region(shell: Shell) -> None:
    words = ("provider", "add", "bedrock", "--region", "eu-central-1", "--access-key-id", "AKIDEXAMPLE", "--no-check")
    secret = "wJalrXUtnFEMIK7MDENGbPxRfi"
    added = shell.run(*words, "--json", stdin=f"{secret}\n").json
    assert added["base_url"] == "https://bedrock-runtime.eu-central-1.amazonaws.com"
    assert added["credentials"][0]["masked"] == "AKIDEXAMPLE / wJal****************xRfi"
    more = ("credential", "add", "bedrock", "--name", "two", "--access-key-id", "AKIDTWO", "--no-check")
    kept = shell.run(*more, "--secret-access-key", secret)
    assert kept.code == 0
    assert "AKIDTWO / wJal" in kept.out and secret not in kept.out + kept.err
    assert "no secret was given" in shell.run(*more).err


def test_a_service_account_is_added_from_a_file_or_standard_input(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(service_account())
    words = ("provider", "add", "vertex", "--region", "europe-west4", "--no-check")
    added = shell.run(*words, "--service-account", str(file), "--json").json
    assert added["base_url"] == "https://europe-west4-aiplatform.googleapis.com/v1"
    assert added["credentials"][0]["masked"] == f"service_account: {EMAIL}"
    more = ("credential", "add", "vertex", "--name", "two", "--no-check", "--service-account", "-")
    assert EMAIL in shell.run(*more, stdin=service_account()).out
    refused = shell.run(*more, stdin="{}")
    assert (refused.code, "not as Google makes it" in refused.err) == (1, True)
    assert "PRIVATE" not in refused.out + refused.err


def test_a_credential_is_given_in_one_way(shell: Shell) -> None:
    said = add(shell, "--api-key", KEY, "--access-key-id", "AKID", "--no-check")
    assert (said.code, "give one of them" in said.err) == (1, True)


def test_limits_are_set_one_by_one_and_taken_away(shell: Shell) -> None:
    add(shell, "--api-key", KEY, "--no-check")
    shell.run("provider", "set", "own", "--total", "60", "--concurrency", "4")
    said = shell.run("provider", "set", "own", "--first-byte", "600", "--total", "900", "--model", "*-thinking")
    assert said.out.startswith("changed provider own: limits {")
    limits = {"totalS": 60.0, "concurrency": 4, "models": {"*-thinking": {"firstByteS": 600.0, "totalS": 900.0}}}
    assert shell.run("provider", "list", "--json").json[0]["limits"] == limits
    left = shell.run("provider", "set", "own", "--no-limits", "--model", "*-thinking", "--json").json
    assert left["limits"] == {"totalS": 60.0, "concurrency": 4}
    assert shell.run("provider", "set", "own", "--no-limits", "--json").json["limits"] == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give the limits to set"),
        (("--total", "5", "--no-limits"), "give the limits to set"),
        (("--concurrency", "5", "--model", "m"), "are of a whole provider"),
        (("--total", "5", "--idle", "6"), "idleS (6) is longer than totalS (5)"),
        (("--queue", "5"), "give concurrency too"),
    ],
)
def test_limits_that_cannot_be_are_refused(shell: Shell, words: tuple[str, ...], message: str) -> None:
    add(shell, "--api-key", KEY, "--no-check")
    said = shell.run("provider", "set", "own", *words)
    assert (said.code, message in said.err) == (1, True), said.err
