"""A real hub with its real model, for the real clients of this folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.real.packages import installed, tool
from tests.real.packages import run as run_tool
from tests.serving_process import serving_hub

MODEL = "local/smollm2-135m-instruct"
_NODE = Path(__file__).parent / "node"
_SETTLED_S = 40.0  # longer than a stream is read on after its caller hung up


@dataclass(frozen=True)
class RealHub:
    url: str
    key: str

    def last_call(self) -> dict[str, Any]:
        """The newest record, as its owner sees it."""
        return asyncio.run(self._calls())[0]

    def call(self, request_id: str | None) -> dict[str, Any]:
        """The only record of a request, once it is settled."""
        assert request_id
        return asyncio.run(self._settled(request_id))

    async def _settled(self, request_id: str) -> dict[str, Any]:
        async with asyncio.timeout(_SETTLED_S):
            while True:
                found = await self._calls(search=request_id)
                assert len(found) <= 1
                if found and found[0]["status"] != "processing":
                    return found[0]
                await asyncio.sleep(0.1)

    async def _calls(self, **query: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {self.key}"}) as http:
            answer = await http.get(f"{self.url}/api/user/model-calls", params=query)
        calls: list[dict[str, Any]] = answer.json()["list"]
        return calls


@pytest.fixture(scope="session")
def real_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    with serving_hub(tmp_path_factory.mktemp("real") / "data", local_model="on") as hub:
        assert hub.first_key is not None
        yield RealHub(hub.url, hub.first_key)
        assert hub.stop() == 0


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """The published JavaScript clients, installed as their lock says."""
    return installed(_NODE)


@pytest.fixture
def node(real_hub: RealHub, node_clients: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs a script of tests/real/node against the hub; gives the JSON it prints last."""

    def run(script: str, *words: str, key: str | None = None) -> Any:
        api_key = key or real_hub.key
        done = run_tool(
            [tool("node"), script, *words],
            folder=_NODE,
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
