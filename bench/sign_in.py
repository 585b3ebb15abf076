"""What sign-ins do to inference: p99 of calls with and without 20 people signing in each second.

    python bench/sign_in.py            # wrk, the provider and the people on core 0

The hub has both cores, so that hashing may use what the load leaves of core 0, or core 1 alone, where hashing and
the loop have to share it. Once with a provider that answers at once, so that only the hub's own time is seen, and once
with one that takes 100 ms, which is quick for a model. Needs wrk. Prints medians of several rounds.
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
    """Twenty people with an address each sign in once a second; how long each sign-in took."""
    took = []

    async def one(person):
        await asyncio.sleep(person / PEOPLE)
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{person + 1}")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=30, transport=transport) as http:
            while not stop.is_set():
                began = time.perf_counter()
                answer = await http.post("/api/auth/sign-in", json={"email": email(person), "password": PASSWORD})
                assert answer.status_code == 200, answer.text
                took.append(time.perf_counter() - began)
                await asyncio.sleep(max(0, began + 1 - time.perf_counter()))

    await asyncio.gather(*(one(person) for person in range(PEOPLE)))
    return took


def email(person):
    return f"person{person}@example.com"


def p99_ms(key, connections):
    """wrk's p99 of calls at a steady pace (4 ms between the calls of a connection), in milliseconds."""
    script = KIT / "load" / "sign_in.lua"
    said = subprocess.run(
        ["chrt", "-o", "0", "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", script,
         f"http://127.0.0.1:{PORT}/v1/chat/completions", "--", key],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    assert "Non-2xx" not in said, said
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


async def with_people(key, connections):
    # The people share their core with wrk and the provider: they take only what these leave.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    stop = asyncio.Event()
    crowd = asyncio.create_task(people(stop))
    p99 = await asyncio.to_thread(p99_ms, key, connections)
    stop.set()
    took = await crowd
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return p99, took


def main():
    os.sched_setaffinity(0, {0})
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        for person in range(PEOPLE):
            hub_command(data, "user", "add", "--name", "Ada", "--email", email(person), "--role", "owner",
                        "--password-stdin", stdin=PASSWORD + "\n")  # fmt: skip
        key = json.loads(hub_command(data, "key", "create", "--name", "k", "--json"))["key"]
        hub_command(data, "provider", "add", "mock", "--base-url", "http://127.0.0.1:9005/v1", "--api-key",
                    "sk-0123456789abcdefghij", "--no-check")  # fmt: skip
        started = []
        try:
            env = {**os.environ, "HUB_LOCAL_MODEL": "off", "HUB_LOG_LEVEL": "error"}
            for cores in ("0,1", "1"):
                hub = ["taskset", "-c", cores, BIN / "aigne-hub", "serve", "--port", str(PORT), "--data-dir", data]
                started.append(subprocess.Popen(hub, env=env, stdout=subprocess.DEVNULL))
                for latency_ms, connections in ((0, 16), (100, 256)):
                    mock = [sys.executable, KIT / "mock" / "mock_upstream.py", "--port", "9005",
                            "--latency-ms", str(latency_ms)]  # fmt: skip
                    started.append(subprocess.Popen(mock))
                    time.sleep(4)
                    print(f"hub on {cores}, provider that takes {latency_ms} ms: {compared(key, connections)}")
                    stop(started.pop())
                stop(started.pop())
        finally:
            for process in started:
                stop(process)


def compared(key, connections):
    alone, crowded, took = [], [], []
    for _ in range(ROUNDS):
        alone.append(p99_ms(key, connections))
        p99, seconds = asyncio.run(with_people(key, connections))
        crowded.append(p99)
        took += seconds
    one, other = statistics.median(alone), statistics.median(crowded)
    return (
        f"p99 of calls alone {one:.2f} ms, while people sign in {other:.2f} ms, {other / one:.2f} of it; "
        f"{len(took) / ROUNDS / SECONDS:.1f} sign-ins a second, each {statistics.median(took) * 1e3:.0f} ms"
    )


def stop(process):
    process.terminate()
    process.wait(30)


main()
