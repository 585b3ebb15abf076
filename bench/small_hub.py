"""A hub of one worker with mock providers lives here, for benches that ask what it does rather than how fast it is."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

AIGNE_HUB = Path(sys.executable).parent / "aigne-hub"
HUB = "http://127.0.0.1:8092"
EVENT = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%b}]}\n\n'
)
BODY = EVENT % b'{"content":"Hello"}' + b"data: [DONE]\n\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
CHAT = {"stream": True, "messages": [{"role": "user", "content": "hi"}]}


class Provider:
    """Streams "Hello" after `pause()` seconds, and counts how often it was `asked`."""

    def __init__(self, pause):
        self.pause = pause
        self.asked = 0

    async def __call__(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                self.asked += 1
                await self.answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def answer(self, writer):
        writer.write(HEAD % len(BODY))
        await asyncio.sleep(self.pause())
        writer.write(BODY)


def command(data, *words):
    done = subprocess.run((AIGNE_HUB, *words, "--data-dir", data), capture_output=True, text=True, check=True)
    return done.stdout


@asynccontextmanager
async def small_hub(ports, set_up, **env):
    """A client with a key of a hub that has a provider p1, p2 … for each port; `set_up(data)` goes before its start."""
    with tempfile.TemporaryDirectory() as folder:
        key = await asyncio.to_thread(_fill, folder, ports, set_up)
        words = (AIGNE_HUB, "serve", "--port", HUB.rpartition(":")[2], "--data-dir", folder)
        env = {**os.environ, "HUB_LOCAL_MODEL": "off", "HUB_LOG_LEVEL": "error", **env}
        hub = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
        try:
            async with httpx.AsyncClient(base_url=HUB, headers={"authorization": f"Bearer {key}"}, timeout=30) as http:
                async with asyncio.timeout(60):
                    await _answers(http)
                yield http
        finally:
            hub.terminate()
            hub.wait(30)


def _fill(data, ports, set_up):
    key = json.loads(command(data, "key", "create", "--name", "bench", "--json"))["key"]
    for number, port in enumerate(ports, start=1):
        words = ("--base-url", f"http://127.0.0.1:{port}/v1", "--api-key", "sk-0123456789", "--no-check")
        command(data, "provider", "add", f"p{number}", *words)
    set_up(data)
    return key


async def _answers(http):
    while True:
        try:
            if (await http.get("/v1/models")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
