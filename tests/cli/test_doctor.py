"""Examining an installation at the shell."""

from __future__ import annotations

from pathlib import Path

from tests.cli.shell import Shell


def states(shell: Shell) -> dict[str, tuple[str, str]]:
    return {one["check"]: (one["state"], one["detail"]) for one in shell.run("doctor", "--json").json}


def test_a_hub_that_was_never_started_is_told_to_start(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "nowhere")
    said = shell.run("doctor")
    assert said.code == 1
    assert "start the hub once" in said.out
    assert not (tmp_path / "nowhere").exists()


def test_a_sound_hub_is_sound(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("user", "add", "--name", "Ada", "--role", "owner")
    shell.run("provider", "add", "openai", "--api-key", "sk-0123456789abcdef", "--no-check")
    said = shell.run("doctor")
    assert said.code == 0, said.out
    assert "provider openai" in said.out


def test_what_is_wrong_is_named_first_with_what_to_do(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("provider", "add", "openai", "--api-key", "sk-0123456789abcdef", "--no-check")
    assert states(shell)["owner"][0] == "WRONG"
    (tmp_path / "secret.key").chmod(0o644)
    state, detail = states(shell)["master key"]
    assert (state, "chmod 600" in detail) == ("WRONG", True)


def test_a_credential_of_another_master_key_is_told(tmp_path: Path) -> None:
    Shell(tmp_path).run("provider", "add", "openai", "--api-key", "sk-0123456789abcdef", "--no-check")
    found = states(Shell(tmp_path, secret_key="ab" * 32))
    assert found["provider openai"] == ("WRONG", "has no usable credential")
    assert found["credential default"] == ("WRONG", "cannot be read with this master key: enter it again")
