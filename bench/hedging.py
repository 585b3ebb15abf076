"""What hedging does to the first byte: two providers, each quick but for one call in fifty, with it and without.

    python bench/hedging.py

One hub of one worker; both routes are asked in turn by the same callers, so that what the machine does else hits both.
"""

import argparse
import asyncio
import random
import time

from small_hub import CHAT, Provider, command, small_hub

QUICK_S, SLOW_S, SLOW_SHARE = 0.02, 1.0, 0.02
CALLERS = 8


def pause():
    return SLOW_S if random.random() < SLOW_SHARE else QUICK_S


def set_up(data):
    targets = ("--target", "p1/m@1", "--target", "p2/m@2")
    command(data, "route", "set", "plain", *targets)
    command(data, "route", "set", "hedged", *targets, "--hedge", "P95:5%")


async def call(http, model):
    began = time.perf_counter()
    async with http.stream("POST", "/v1/chat/completions", json={"model": model, **CHAT}) as answer:
        assert answer.status_code == 200, await answer.aread()
        first_ms = None
        async for _ in answer.aiter_raw():
            first_ms = first_ms or (time.perf_counter() - began) * 1e3
    return first_ms


async def measure(http, count):
    took = {"plain": [], "hedged": []}

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
    providers = [Provider(pause), Provider(pause)]
    servers = [await asyncio.start_server(one, "127.0.0.1", 0) for one in providers]
    async with small_hub([one.sockets[0].getsockname()[1] for one in servers], set_up) as http:
        took = await asyncio.wait_for(measure(http, count), 600)
    for model, times in took.items():
        times.sort()
        p50, p95, p99 = [times[int(len(times) * share)] for share in (0.5, 0.95, 0.99)]
        print(f"{model:8} first byte of {len(times)}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")
    asked, calls = sum(one.asked for one in providers), sum(map(len, took.values()))
    print(f"asked of providers: {asked} for {calls} calls; {(asked - calls) / len(took['hedged']):.1%} hedged")


asyncio.run(main())
