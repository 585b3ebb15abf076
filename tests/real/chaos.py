"""Chaos: two real models behind a real hub, killed and started again at random, while callers call.

    python -m tests.real.chaos [--minutes 10] [--seed 1]

At any moment one of the two is up, so no call may fail that had not begun to answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from aigne_hub.local.supervisor import MODEL_NAME, find_model
from tests.cli.shell import Shell
from tests.serving_process import serving_hub

CALLERS = 4
LIVES_S, LIES_S = (1.0, 6.0), (0.2, 3.0)  # how long both are up before the next death, and one stays dead


@dataclass
class Llama:
    """One model's server, on a port that it keeps."""

    name: str
    port: int
    process: Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "aigne_hub.local.server"),
            stdin=PIPE,
            stdout=PIPE,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        job = {"model": str(find_model()), "alias": MODEL_NAME, "api_key": "sk-chaos-0123456789", "port": self.port}
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        async with asyncio.timeout(60):
            assert await self.process.stdout.readline(), "the model did not start"

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass
class Chaos:
    """What came of the calls: `answered` whole, `cut` after they had begun, `failed` before."""

    seed: int
    answered: Counter[str] = field(default_factory=Counter)  # by provider
    kills: int = 0
    moved: int = 0  # answered by the second attempt or a later one
    cut: int = 0
    failed: list[str] = field(default_factory=list)

    async def run(self, url: str, key: str, llamas: list[Llama], seconds: float) -> None:
        chance = random.Random(self.seed)
        ends = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(self._call_on(url, key, ends, random.Random(chance.random())))
            while time.monotonic() < ends:
                await asyncio.sleep(chance.uniform(*LIVES_S))
                victim = chance.choice(llamas)
                await victim.kill()
                self.kills += 1
                await asyncio.sleep(chance.uniform(*LIES_S))
                await victim.start()

    async def _call_on(self, url: str, key: str, ends: float, chance: random.Random) -> None:
        async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=60) as http:
            while time.monotonic() < ends:
                body = {"model": MODEL_NAME, "max_tokens": chance.randint(1, 30), "stream": chance.random() < 0.5}
                question = [{"role": "user", "content": f"Tell me of the number {chance.randint(0, 10**6)}."}]
                answer = await http.post("/v1/chat/completions", json={**body, "messages": question})
                if answer.status_code == 200:
                    self._note(answer, is_stream=bool(body["stream"]))
                else:
                    self.failed.append(f"{answer.status_code} {answer.text} {await _attempts_of(http, answer)}")

    def _note(self, answer: httpx.Response, *, is_stream: bool) -> None:
        if is_stream and not answer.text.endswith("data: [DONE]\n\n"):
            self.cut += 1
        else:
            self.answered[answer.headers["x-hub-provider"]] += 1
            self.moved += int(answer.headers["x-hub-attempts"]) > 1


async def _attempts_of(http: httpx.AsyncClient, answer: httpx.Response) -> str:
    """Who was asked for a call that failed, and what came of each, for whoever looks for the reason."""
    found = await http.get("/api/user/model-calls", params={"search": answer.headers["x-request-id"]})
    (call,) = found.json()["list"]
    return json.dumps(call["attempts"])


async def run_chaos(folder: Path, seconds: float, seed: int) -> Chaos:
    """Everything from start to end; nothing of it runs on afterwards."""
    chaos, llamas = Chaos(seed), [Llama("one", _free_port()), Llama("two", _free_port())]
    try:
        await asyncio.gather(*[one.start() for one in llamas])
        shell = Shell(folder)
        for one in llamas:
            address = f"http://127.0.0.1:{one.port}/v1"
            words = ("provider", "add", one.name, "--base-url", address, "--api-key", "sk-chaos-0123456789")
            said = await asyncio.to_thread(shell.run, *words)
            assert said.code == 0, said.err
        key = (await asyncio.to_thread(shell.run, "key", "create", "--name", "chaos", "--json")).json["key"]
        with serving_hub(folder) as hub:
            await chaos.run(hub.url, key, llamas, seconds)
            assert await asyncio.to_thread(hub.stop) == 0
    finally:
        for one in llamas:
            await one.kill()
    return chaos


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=10)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chaos = asyncio.run(run_chaos(Path(folder) / "data", given.minutes * 60, given.seed))
    sys.stdout.write(
        f"{chaos.kills} kills in {given.minutes:g} minutes, seed {given.seed}: answered {dict(chaos.answered)}, "
        f"{chaos.moved} of them by another target than the first; cut after they had begun {chaos.cut}; "
        f"failed before that {len(chaos.failed)}\n"
    )
    for one in chaos.failed[:20]:
        sys.stdout.write(f"  {one}\n")
    raise SystemExit(1 if chaos.failed else 0)


if __name__ == "__main__":
    main()
