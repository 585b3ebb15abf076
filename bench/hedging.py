"""What hedging does to the first byte: two providers, each quick but for one call in fifty, with it and without.

    PYTHONPATH=src python bench/hedging.py

One hub of one worker; both routes are asked in turn by the same callers, so that what the machine does else hits both.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

AIGNE_HUB = Path(sys.executable).parent / "aigne-hub"
HUB = "http://127.0.0.1:8092"
QUICK_S, SLOW_S, SLOW_SHARE = 0.02, 1.0, 0.02
CALLERS = 8
EVENT = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":%b}]}\n\n'
)
EVENTS = EVENT % b'{"content":"Hello"}'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
BODY = EVENTS + b"data: [DONE]\n\n"
asked = 0


async def serve(reader, writer):
    global asked
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            asked += 1
            writer.write(HEAD % len(BODY))
            await asyncio.sleep(SLOW_S if random.random() < SLOW_SHARE else QUICK_S)
            writer.write(BODY)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def command(data, *words):
    words = (AIGNE_HUB, *words, "--data-dir", data)
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def set_up(data, ports):
    key = json.loads(command(data, "key", "create", "--name", "bench", "--json"))["key"]
    targets = []
    for number, port in enumerate(ports, start=1):
        words = ("--base-url", f"http://127.0.0.1:{port}/v1", "--api-key", "sk-0123456789", "--no-check")
        command(data, "provider", "add", f"p{number}", *words)
        targets += ["--target", f"p{number}/m@{number}"]
    command(data, "route", "set", "plain", *targets)
    command(data, "route", "set", "hedged", *targets, "--hedge", "P95:5%")
    return key


async def call(http, model):
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    began = time.perf_counter()
    async with http.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.status_code == 200, await answer.aread()
        first_ms = None
        async for _ in answer.aiter_raw():
            first_ms = first_ms or (time.perf_counter() - began) * 1e3
    return first_ms


async def measure(key, count):
    took = {"plain": [], "hedged": []}
    async with httpx.AsyncClient(base_url=HUB, headers={"authorization": f"Bearer {key}"}, timeout=30) as http:
        while True:
            try:
                if (await http.get("/v1/models")).status_code == 200:
                    break
            except httpx.TransportError:
                await asyncio.sleep(0.1)

        async def ask_on():
            for _ in range(count // CALLERS):
                for model, times in took.items():
                    times.append(await call(http, model))

        await asyncio.gather(*[ask_on() for _ in range(CALLERS)])
    return took


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=4000)
    count = parser.parse_args().calls
    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(2)]
    with tempfile.TemporaryDirectory() as folder:
        key = await asyncio.to_thread(set_up, folder, [one.sockets[0].getsockname()[1] for one in servers])
        words = (AIGNE_HUB, "serve", "--port", HUB.rpartition(":")[2], "--data-dir", folder)
        env = {**os.environ, "HUB_LOCAL_MODEL": "off", "HUB_LOG_LEVEL": "error"}
        hub = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL)
        try:
            took = await asyncio.wait_for(measure(key, count), 600)
        finally:
            hub.terminate()
            hub.wait(30)
    for model, times in took.items():
        times.sort()
        p50, p95, p99 = [times[int(len(times) * share)] for share in (0.5, 0.95, 0.99)]
        print(f"{model:8} first byte of {len(times)}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")
    calls = sum(map(len, took.values()))
    print(f"asked of providers: {asked} for {calls} calls; {(asked - calls) / len(took['hedged']):.1%} hedged")


asyncio.run(main())
