"""The published AIGNE CLI gets its key from a person in a real Chromium (contract 1.3)."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.seeing import Eyes
from tests.browser.test_first_run import become_owner, set_up_link
from tests.environment import environment
from tests.real.packages import tool, tools_path
from tests.serving_process import ServingHub


class Cli:
    """The published CLI, at a home of its own, whose browser writes down what it is asked to open."""

    def __init__(self, folder: Path, home: Path) -> None:
        self._bin = folder / "node_modules" / ".bin" / "aigne"
        self._opened = home / "opened"
        self.store = home / ".aigne" / "aigne-hub-connected.yaml"
        self.store.parent.mkdir(parents=True)
        shim = home / "bin" / "xdg-open"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> "{self._opened}"\n')
        shim.chmod(0o755)
        kept = {name: value for name, value in environment().items() if name not in ("CI", "NODE_ENV")}
        path = f"{shim.parent}:{tools_path()}"
        self._environment = {**kept, "HOME": str(home), "PATH": path, "BROWSER": str(shim)}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [tool("node"), str(self._bin), "hub", *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def opened(self) -> str:
        """The address it had its browser open."""
        for _ in range(300):
            if self._opened.exists() and (lines := self._opened.read_text().split()):
                return lines[-1]
            time.sleep(0.1)
        raise AssertionError("the CLI opened no page")

    def at_a_terminal(self, *words: str, keys: bytes = b"\r", until: str = "") -> str:
        """Run it at a terminal and answer its question; what it wrote."""
        head, tail = pty.openpty()
        process = subprocess.Popen(
            [tool("node"), str(self._bin), "hub", *words], env=self._environment, stdin=tail, stdout=tail, stderr=tail
        )
        os.close(tail)
        said, has_answered, deadline = b"", False, time.monotonic() + 40
        while time.monotonic() < deadline and process.poll() is None:
            if select.select([head], [], [], 0.2)[0]:
                try:
                    said += os.read(head, 65536)
                except OSError:
                    break
            if not has_answered and b"navigate" in said:
                os.write(head, keys)
                has_answered = True
            if until and has_answered and until.encode() in said:
                break
        if process.poll() is None:
            process.terminate()
        process.wait(10)
        os.close(head)
        return said.decode("utf-8", "replace")


@pytest.fixture
def cli(aigne_cli: Path, tmp_path: Path) -> Cli:
    return Cli(aigne_cli, tmp_path / "home")


def test_the_cli_is_connected_by_a_person(
    served: ServingHub, cli: Cli, person: Callable[..., Page], eyes: Eyes
) -> None:
    olga = person(served.url)
    olga.goto(set_up_link(served))
    become_owner(olga)

    connecting = cli.start("connect", served.url)
    olga.goto(cli.opened())
    expect(olga.get_by_role("button", name="Allow")).to_be_visible()
    eyes.look(olga, "connect")
    olga.get_by_role("button", name="Allow").click()
    expect(olga.get_by_text("Connected").first).to_be_visible()
    said, _ = connecting.communicate(timeout=60)
    assert connecting.returncode == 0 and "connected successfully" in said, said

    kept, host = cli.store.read_text(), served.url.removeprefix("http://")
    assert f"AIGNE_HUB_API_URL: {served.url}" in kept
    key = re.search(r"AIGNE_HUB_API_KEY: (blocklet-\S+)", kept)
    assert key is not None
    bearer = {"authorization": f"Bearer {key[1]}"}
    info = httpx.get(f"{served.url}/api/user/info", headers=bearer).json()
    assert info["user"]["fullName"] == "Olga Owner"
    assert httpx.get(f"{served.url}/v1/models", headers=bearer).status_code == 200

    listing = cli.start("list")
    assert served.url in listing.communicate(timeout=60)[0]
    assert "Connected" in cli.at_a_terminal("status", until="Connected")
    cli.at_a_terminal("remove", until="removed")
    assert f"{host}:\n" not in cli.store.read_text()


def test_a_page_that_nobody_waits_for_says_so(served: ServingHub, person: Callable[..., Page]) -> None:
    olga = person(served.url)
    olga.goto(set_up_link(served))
    become_owner(olga)
    page = "/.well-known/service/gen-simple-access-key"
    for query in ("", "?__token__=%00", "?__token__=" + "MTIz" * 12):
        olga.goto(page + query)
        expect(olga.get_by_role("heading", name="This connection cannot be made")).to_be_visible()
        assert olga.get_by_role("button", name=re.compile("Allow")).count() == 0
