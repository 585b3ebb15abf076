"""What an estimate by the tokenizer costs: its child's start, its memory, and what a call waits for.

    PYTHONPATH=src python bench/micro_tokenizer.py

Times are of a call that waits, medians of 30, on texts of 64 Ki letters; the slowest is mostly the first, when
the library remembers no words yet. `held` is the longest that the loop stood still during a start, the median of nine
starts. `by letters` is what the estimate without it would be, as a share of the count.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from pathlib import Path

import uvloop

from aigne_hub.base.clock import StoppedClock
from aigne_hub.dialects.words import SAMPLED, by_letters
from aigne_hub.tokenizer.keeper import IDLE_S, Tokenizer

ROOT = Path(__file__).parents[1]
STARTS, ROUNDS = 9, 30
random.seed(1)


def texts() -> dict[str, str]:
    prose = "".join(page.read_text() for page in sorted(ROOT.glob("docs/**/*.md")))
    code = "".join(page.read_text() for page in sorted(ROOT.glob("src/**/*.py")))
    found = {
        "English prose": prose,
        "Python": code,
        "Chinese": "今天天气很好我们去公园散步吧。你想和我一起来吗。" * SAMPLED,
        "random letters": "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=SAMPLED)),
        "one letter": "a" * SAMPLED,
        "one Chinese character": "今" * SAMPLED,
        "one sign": "=" * SAMPLED,
    }
    return {"two words": "Hello world", **{name: text[:SAMPLED] for name, text in found.items()}}


def memory(pid: int) -> str:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) >> 10 for line in lines[1:]}
    return f"{sizes['Rss']} MiB resident, {sizes['Pss']} PSS"


def child() -> int:
    """The process that this one has started."""
    tasks = Path("/proc/self/task").iterdir()
    return int(" ".join((task / "children").read_text() for task in tasks).split()[-1])


async def longest_hold(ended: asyncio.Event) -> float:
    held = 0.0
    while not ended.is_set():
        began = time.perf_counter()
        await asyncio.sleep(0.0005)
        held = max(held, time.perf_counter() - began - 0.0005)
    return held


async def starts(tokenizer: Tokenizer, clock: StoppedClock) -> None:
    took, held = [], []
    for _ in range(STARTS):
        ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(longest_hold(ended))
            began = time.perf_counter()
            await tokenizer.count(["hi"])
            took.append(time.perf_counter() - began)
            ended.set()
        held.append(watch.result())
        if len(took) == STARTS:
            print(f"started: {memory(child())}")
        clock.advance(IDLE_S)
        await tokenizer.end_idle()
    print(f"first call: {statistics.median(took) * 1e3:.0f} ms, held {statistics.median(held) * 1e3:.1f} ms")


async def main() -> None:
    clock = StoppedClock()
    tokenizer = Tokenizer(clock)
    await starts(tokenizer, clock)
    await tokenizer.count(["hi"])
    for name, text in texts().items():
        took, tokens = [], 0
        for _ in range(ROUNDS):
            began = time.perf_counter()
            tokens = await tokenizer.count([text]) or 0
            took.append(time.perf_counter() - began)
        median, slowest = statistics.median(took) * 1e3, max(took) * 1e3
        share = by_letters(text) / tokens if tokens else 0
        print(f"{name:<22} {tokens:>6} tokens  {median:6.2f} ms, slowest {slowest:6.2f}  by letters {share:.2f}")
    print(f"in use: {memory(child())}; this process {memory(os.getpid())}")
    tokenizer.close()


if __name__ == "__main__":
    uvloop.run(main())
