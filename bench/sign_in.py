"""What sign-ins do to inference: p99 of calls with and without 20 people signing in each second.

    python bench/sign_in.py            # the hub on core 1; wrk, the provider and the people on core 0

Needs wrk, and nginx for the provider. Prints medians of several rounds.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

KIT = Path(__file__).parent
BIN = Path(sys.executable).parent
PORT, ROUNDS, SECONDS, PEOPLE = 8090, 5, 8, 20
PASSWORD = "correct horse battery"


def hub_command(data, *words, stdin=""):
    done = subprocess.run(
        [BIN / "aigne-hub", *words, "--data-dir", data], input=stdin, capture_output=True, text=True, check=True
    )
    return done.stdout


async def people(stop):
    """Sign in 20 times a second, each in a connection of its own; how many did, and how long it took them."""
    took = []

    async def one(http):
        began = time.perf_counter()
        answer = await http.post("/api/auth/sign-in", json={"email": "ada@example.com", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        took.append(time.perf_counter() - began)

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=30) as http:
        waiting = set()
        while not stop.is_set():
            waiting.add(asyncio.create_task(one(http)))
            await asyncio.sleep(1 / PEOPLE)
        await asyncio.gather(*waiting)
    return took


def p99_ms(key):
    """wrk's p99 with 8 connections at once, in milliseconds."""
    script = KIT / "load" / "sign_in.lua"
    said = subprocess.run(
        ["taskset", "-c", "0", "wrk", "-t1", "-c8", f"-d{SECONDS}s", "--latency", "-s", script,
         f"http://127.0.0.1:{PORT}/v1/chat/completions", "--", key],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    assert "Non-2xx" not in said, said
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


async def with_people(key):
    stop = asyncio.Event()
    crowd = asyncio.create_task(people(stop))
    p99 = await asyncio.to_thread(p99_ms, key)
    stop.set()
    return p99, await crowd


def main():
    os.sched_setaffinity(0, {0})
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        hub_command(data, "user", "add", "--name", "Ada", "--email", "ada@example.com", "--role", "owner",
                    "--password-stdin", stdin=PASSWORD + "\n")  # fmt: skip
        key = json.loads(hub_command(data, "key", "create", "--name", "k", "--json"))["key"]
        mock = subprocess.Popen(
            [sys.executable, KIT / "mock" / "mock_upstream.py", "--port", "9005", "--latency-ms", "0"]
        )
        hub = None
        try:
            time.sleep(1)
            hub_command(data, "provider", "add", "mock", "--base-url", "http://127.0.0.1:9005/v1", "--api-key",
                        "sk-0123456789abcdefghij", "--no-check")  # fmt: skip
            hub = subprocess.Popen(
                ["taskset", "-c", "1", BIN / "aigne-hub", "serve", "--port", str(PORT), "--data-dir", data],
                env={**os.environ, "HUB_LOCAL_MODEL": "off", "HUB_LOG_LEVEL": "error"}, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(4)
            alone, crowded, took = [], [], []
            for _ in range(ROUNDS):
                alone.append(p99_ms(key))
                p99, seconds = asyncio.run(with_people(key))
                crowded.append(p99)
                took += seconds
            one, other = statistics.median(alone), statistics.median(crowded)
            print(f"p99 of calls alone {one:.2f} ms, while people sign in {other:.2f} ms: {other / one:.2f} of it")
            print(f"{len(took) / ROUNDS / SECONDS:.1f} sign-ins a second, each {statistics.median(took) * 1e3:.0f} ms")
        finally:
            for process in filter(None, (hub, mock)):
                process.terminate()
                process.wait(30)


main()
