"""Rates at the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Said, Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    words = (
        "provider",
        "add",
        "own",
        "--base-url",
        "http://127.0.0.1:9/v1",
        "--api-key",
        "sk-0123456789",
        "--no-check",
    )
    assert shell.run(*words).code == 0
    return shell


def put(shell: Shell, name: str = "own/meta/llama", *more: str) -> Said:
    return shell.run("rate", "set", name, "--input", "0.000001", "--output", "4e-6", *more)


def test_a_rate_is_set_listed_set_again_and_removed(shell: Shell) -> None:
    made = put(shell, "own/meta/llama", "--cache-read", "0", "--json").json
    assert {**made, "id": 0} == {
        "id": 0,
        "model": "own/meta/llama",
        "type": "chatCompletion",
        "input": "0.000001",
        "output": "0.000004",
        "cache_read": "0",
        "cache_write": None,
    }
    assert shell.run("rate", "list", "--json").json == [made]
    assert put(shell).out == "own/meta/llama costs 0.000001 credits in and 0.000004 out (chatCompletion)\n"
    assert put(shell, "own/meta/llama", "--type", "imageGeneration").code == 0
    listed = shell.run("rate", "list").out.splitlines()
    assert listed[0].split() == ["MODEL", "TYPE", "INPUT", "OUTPUT", "CACHE", "READ", "CACHE", "WRITE"]
    assert [line.split()[1:] for line in listed[1:]] == [
        ["chatCompletion", "0.000001", "0.000004", "-", "-"],
        ["imageGeneration", "0.000001", "0.000004", "-", "-"],
    ]
    assert shell.run("rate", "remove", "own/meta/llama").out == "removed the rate of own/meta/llama\n"
    assert [one["type"] for one in shell.run("rate", "list", "--json").json] == ["imageGeneration"]
    actions = [row["action"] for row in shell.run("audit", "list", "--json").json]
    assert actions.count("rate.create") == 2
    assert actions.count("rate.change") == actions.count("rate.remove") == 1


def test_a_mistake_is_told_in_one_sentence(shell: Shell) -> None:
    assert "no rates yet" in shell.run("rate", "list").out
    for name, message in (
        ("llama", "a model is named PROVIDER/MODEL"),
        ("own/", "a model is named PROVIDER/MODEL"),
        ("other/m", "there is no provider other"),
    ):
        said = put(shell, name)
        assert (said.code, message in said.err) == (1, True), said.err
    removed = shell.run("rate", "remove", "own/m")
    assert (removed.code, "own/m has no rate of the type chatCompletion" in removed.err) == (1, True)
    wrong = shell.run("rate", "set", "own/m", "--input", "0.0000000000000001", "--output", "1")
    assert (wrong.code, "at most 15 places behind the point" in wrong.err) == (2, True)
    assert shell.run("rate", "list", "--json").json == []
