"""A real hub with its real model, for the real clients of this folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.environment import environment
from tests.serving_process import serving_hub

MODEL = "local/smollm2-135m-instruct"
_NODE = Path(__file__).parent / "node"
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class RealHub:
    url: str
    key: str

    def last_call(self) -> dict[str, Any]:
        """The newest record, as its owner sees it."""
        answer = httpx.get(f"{self.url}/api/user/model-calls", headers={"authorization": f"Bearer {self.key}"})
        call: dict[str, Any] = answer.json()["list"][0]
        return call


@pytest.fixture(scope="session")
def real_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    with serving_hub(tmp_path_factory.mktemp("real") / "data", local_model="on") as hub:
        assert hub.first_key is not None
        yield RealHub(hub.url, hub.first_key)
        assert hub.stop() == 0


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """The published JavaScript clients, installed as their lock says."""
    lock, mark = _NODE / "package-lock.json", _NODE / "node_modules" / ".package-lock.json"
    if not mark.exists() or mark.stat().st_mtime < lock.stat().st_mtime:
        done = _run([str(_BIN / "npm"), "ci", "--ignore-scripts"], timeout_s=300)
        assert done.returncode == 0, done.stderr[-2000:]
        mark.touch()
    return _NODE


@pytest.fixture
def node(real_hub: RealHub, node_clients: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs a script of tests/real/node against the hub; gives the JSON it prints last."""

    def run(script: str, *words: str, key: str | None = None) -> Any:
        api_key = key or real_hub.key
        done = _run(
            [str(_BIN / "node"), script, *words],
            timeout_s=60,
            HUB=real_hub.url,
            KEY=api_key,
            MODEL=MODEL,
            BLOCKLET_AIGNE_API_URL=real_hub.url,
            BLOCKLET_AIGNE_API_CREDENTIAL=json.dumps({"apiKey": api_key}),
            BLOCKLET_LOG_DIR=str(tmp_path),
            BLOCKLET_APP_PID="zTestApp",
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    return run


def _run(words: list[str], *, timeout_s: float, **variables: str) -> subprocess.CompletedProcess[str]:
    paths = {"PATH": f"{_BIN}:{environment().get('PATH', '')}"}
    return subprocess.run(
        words, cwd=_NODE, capture_output=True, text=True, timeout=timeout_s, env={**environment(), **paths, **variables}
    )
