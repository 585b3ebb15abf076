"""What would become of a call, at the shell."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.shell import Shell


def test_the_attempts_are_printed_and_who_is_left_out(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data")
    for name in ("own", "other"):
        words = ("provider", "add", name, "--base-url", "http://127.0.0.1:9/v1", "--api-key", "sk-0123456789")
        assert shell.run(*words, "--no-check").code == 0
    shell.run("credential", "add", "own", "--name", "spare", "--api-key", "sk-0123456789", "--no-check")
    shell.run("credential", "set", "own", "--name", "spare", "--off")
    told = {"tiers": [{"targets": [{"target": "own/m"}, {"target": "other/m", "when": {"tools": True}}]}]}
    assert shell.run("route", "set", "smart", "--file", "-", stdin=json.dumps(told)).code == 0
    report = shell.run("explain", "--model", "smart", "--json").json
    assert [(one["provider"], one["tier"]) for one in report["attempts"]] == [("own", 1)]
    assert [(one["target"], one["reason"]) for one in report["left_out"]] == [
        ("other/m", "it is for calls with tools"),
        ("own/…", "its credential is switched off"),
    ]
    body = {"messages": [{"role": "user", "content": "hi"}], "tools": [{"type": "function", "function": {"name": "f"}}]}
    shown = shell.run("explain", "--model", "smart", "--body", "-", stdin=json.dumps(body)).out
    assert "other" in shown and "its turn by weight" in shown and "by the database alone" in shown
    assert "no attempt: No available provider" in shell.run("explain", "--model", "nobody").out
    wrong = shell.run("explain", "--model", "smart", "--key", "1")
    assert (wrong.code, wrong.err) == (1, "Error: Access key not found\n")
