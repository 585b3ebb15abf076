"""What a call with a picture of 10 MB costs: time added, how long the loop is held, and memory.

    python bench/big_bodies.py         # the hub on core 1, everything else on core 0

Calls in Chat Completions and in Messages to a provider that speaks Chat Completions. Prints medians and peaks.
"""

import asyncio
import base64
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

BIN = Path(sys.executable).parent
PORT, PROVIDER = 8092, 9006
AT_ONCE, ROUNDS = 8, 9
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + os.urandom(7_500_000)).decode()  # 10 MB as base64
ANSWER = json.dumps({
    "id": "c", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "a cat"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}).encode()  # fmt: skip
CHAT = {"model": "mock/m", "messages": [{"role": "user", "content": [
    {"type": "text", "text": "what is this?"},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
]}]}  # fmt: skip
MESSAGES = {"model": "mock/m", "max_tokens": 99, "messages": [{"role": "user", "content": [
    {"type": "text", "text": "what is this?"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}},
]}]}  # fmt: skip
BIG = {"/v1/chat/completions": json.dumps(CHAT).encode(), "/v1/messages": json.dumps(MESSAGES).encode()}
SMALL = json.dumps({"model": "mock/m", "messages": [{"role": "user", "content": "hi"}]}).encode()


def hub_command(data, *words):
    done = subprocess.run([BIN / "aigne-hub", *words, "--data-dir", data], capture_output=True, text=True, check=True)
    return done.stdout


async def provide(hold):
    """A provider that reads each request whole and answers when `hold` is set."""

    async def answer(reader, writer):
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                return
            left = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            is_big = left > 100_000
            while left:
                left -= len(await reader.read(min(left, 1 << 20)))
            if is_big:
                await hold.wait()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
                len(ANSWER), ANSWER))  # fmt: skip
            await writer.drain()

    return await asyncio.start_server(answer, "127.0.0.1", PROVIDER, limit=1 << 20)


def memory_kib(pid, what):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith(what))


async def took_ms(http, address, path, body):
    began = time.perf_counter()
    answer = await http.post(address + path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text[:300]
    return (time.perf_counter() - began) * 1e3


def probe():
    """Small calls one after another, from a process of their own, until standard input ends: the slowest, in ms."""
    hub, key = sys.argv[2:]
    slowest, stop = 0.0, threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    with httpx.Client(base_url=hub, headers={"authorization": f"Bearer {key}"}) as http:
        for number in itertools.count():
            began = time.perf_counter()
            answer = http.post("/v1/chat/completions", content=SMALL, headers={"content-type": "application/json"})
            assert answer.status_code == 200, answer.text
            if number > 20:
                slowest = max(slowest, time.perf_counter() - began)
            if stop.is_set():
                break
    print(slowest * 1e3)


class Probe:
    def __init__(self, hub, key):
        words = [sys.executable, __file__, "probe", hub, key]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self):
        return float(self._process.communicate(timeout=30)[0])


async def slowest_small_call(hub, key, work):
    probe = await asyncio.to_thread(Probe, hub, key)
    await asyncio.sleep(1)
    await work()
    return await asyncio.to_thread(probe.end)


async def measure(path, http, hub, key, pid, hold):
    hold.set()
    direct = [
        await took_ms(http, f"http://127.0.0.1:{PROVIDER}", "/v1/chat/completions", BIG[path]) for _ in range(ROUNDS)
    ]
    through = []

    async def big_calls():
        for _ in range(ROUNDS):
            through.append(await took_ms(http, hub, path, BIG[path]))

    async def nothing():
        await asyncio.sleep(1)

    alone = await slowest_small_call(hub, key, nothing)
    meanwhile = await slowest_small_call(hub, key, big_calls)
    hold.clear()
    before = memory_kib(pid, "VmRSS")
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak counts from here
    calls = [asyncio.create_task(took_ms(http, hub, path, BIG[path])) for _ in range(AT_ONCE)]
    await asyncio.sleep(4)
    during, peak = memory_kib(pid, "VmRSS"), memory_kib(pid, "VmHWM")
    hold.set()
    await asyncio.gather(*calls)
    whole = AT_ONCE * len(BIG[path]) / 1024
    added = statistics.median(through) - statistics.median(direct)
    print(
        f"{path}: added {added:.0f} ms; the slowest small call took {meanwhile:.1f} ms meanwhile, {alone:.1f} without"
    )
    print(
        f"    memory of {AT_ONCE} at once, in sizes of their bodies: {(during - before) / whole:.2f} while they wait, "
        f"{(peak - before) / whole:.2f} at the peak"
    )


async def main():
    os.sched_setaffinity(0, {0})
    hold = asyncio.Event()
    provider = await provide(hold)
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        key = json.loads(hub_command(data, "key", "create", "--name", "k", "--json"))["key"]
        hub_command(data, "provider", "add", "mock", "--base-url", f"http://127.0.0.1:{PROVIDER}/v1", "--api-key",
                    "sk-0123456789abcdefghij", "--no-check")  # fmt: skip
        env = {**os.environ, "HUB_LOCAL_MODEL": "off", "HUB_LOG_LEVEL": "error"}
        command = ["taskset", "-c", "1", BIN / "aigne-hub", "serve", "--port", str(PORT), "--data-dir", data]
        hub = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        try:
            await asyncio.sleep(4)
            async with httpx.AsyncClient(timeout=60, headers={"authorization": f"Bearer {key}"}) as http:
                for path in BIG:
                    await measure(path, http, f"http://127.0.0.1:{PORT}", key, hub.pid, hold)
        finally:
            hub.terminate()
            hub.wait(30)
            provider.close()


if sys.argv[1:2] == ["probe"]:
    probe()
else:
    asyncio.run(main())
