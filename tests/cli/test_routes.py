"""Routes at the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "data")
    for name in ("own", "other"):
        words = ("provider", "add", name, "--base-url", "http://127.0.0.1:9/v1", "--api-key", "sk-0123456789")
        assert shell.run(*words, "--no-check").code == 0
    return shell


def test_a_route_is_set_shown_listed_and_removed(shell: Shell) -> None:
    targets = ("--target", "own/nova:0:5", "--target", "other/claude@20240620", "--target", "other/b:7b:2@2")
    made = shell.run("route", "set", "smart", *targets, "--strategy", "cheapest@2", "--sticky", "--json").json
    assert made["tiers"] == [
        {"targets": [{"target": "own/nova:0", "weight": 5}, {"target": "other/claude@20240620"}], "sticky": True},
        {"targets": [{"target": "other/b:7b", "weight": 2}], "strategy": "cheapest", "sticky": True},
    ]
    assert shell.run("route", "show", "smart", "--json").json == made
    assert shell.run("route", "list", "--json").json == [made]
    shown = shell.run("route", "show", "smart").out.splitlines()
    assert shown[:2] == ["tier 1, weighted, sticky", "  own/nova:0  weight 5"]
    assert "own/nova:0, other/claude@20240620 then other/b:7b" in shell.run("route", "list").out
    assert shell.run("route", "remove", "smart").out == "removed the route for smart\n"
    assert "no routes yet" in shell.run("route", "list").out
    actions = [row["action"] for row in shell.run("audit", "list", "--json").json]
    assert (actions.count("route.create"), actions.count("route.remove")) == (1, 1)


def test_a_route_with_conditions_comes_as_json(shell: Shell) -> None:
    told = {"tiers": [{"targets": [{"target": "own/m", "when": {"tags": ["batch"]}}, {"target": "gone"}]}]}
    made = shell.run("route", "set", "own/m", "--file", "-", stdin=json.dumps(told))
    assert made.code == 0, made.err
    assert 'own/m  weight 1  when {"tags": ["batch"]}' in made.out
    assert "left out of tier 1: gone: No available provider" in made.out


def test_a_route_is_hedged(shell: Shell) -> None:
    targets = ("--target", "own/m", "--target", "other/m@2")
    made = shell.run("route", "set", "smart", *targets, "--hedge", "p97.5:10%", "--json").json
    assert made["hedge"] == {"after": 0.975, "most": 0.1}
    assert shell.run("route", "show", "smart").out.endswith("hedged after P97.5, at most 10% of the calls\n")
    assert shell.run("route", "set", "smart", *targets, "--hedge", "P95", "--json").json["hedge"]["most"] == 0.05
    assert "hedge" not in shell.run("route", "set", "smart", *targets, "--json").json


def test_a_mistake_is_told_in_one_sentence(shell: Shell) -> None:
    for words, message in (
        (("--target", "nobody/m"), "this route leads nowhere"),
        (("--target", "smart"), "a loop of fallbacks"),
        (("--target", "own/nova:0"), "write own/nova:0:1"),
        (("--target", "own/nova:-1"), "own/nova:-1: a weight is a whole number from 1 to 1000"),
        (("--target", "own/m@2"), "without a gap"),
        (("--target", "own/m", "--hedge", "95"), "95 is no hedge: P95 or P95:5%"),
        (("--target", "own/m", "--hedge", "P10"), "a share of 0.5 to 0.999"),
        (("--target", "own/m", "--strategy", "best"), "best is no strategy"),
        (("--target", "own/m", "--strategy", "cheapest@2"), "cheapest@2 is no strategy of a tier there is"),
    ):
        said = shell.run("route", "set", "smart", *words)
        assert (said.code, message in said.err) == (1, True), said.err
    assert shell.run("route", "set", "smart").code == 2
    bad = shell.run("route", "set", "smart", "--file", "-", stdin='{"tiers": 1}')
    assert (bad.code, "this is no route" in bad.err) == (1, True)
    assert shell.run("route", "remove", "smart").err == "Error: there is no route for smart\n"
    assert shell.run("route", "list", "--json").json == []
