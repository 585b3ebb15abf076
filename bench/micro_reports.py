"""How long reports of usage take with many calls on record, on SQLite.

    PYTHONPATH=src taskset -c 1 python bench/micro_reports.py [--calls 1000000] [--dir DIR]

The calls are spread evenly over the 60 days until now, so half of them are in a report of 30 days and half in the time
it is compared with. Of 1,000 users the first made a tenth of them, the others the rest in equal parts. Printed is the
median of nine reports, and the longest, in milliseconds; a report is three queries.
"""

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from aigne_hub.base.ids import first_id_at
from aigne_hub.db.engine import Database
from aigne_hub.db.migrate import upgrade
from aigne_hub.usage.reports import DAY_MS, period_between, report_on

COLUMNS = (
    "id, request_id, user_id, key_id, provider_id, credential_id, model, upstream_model, kind, status, started_ms, "
    "duration_ms, first_byte_ms, input_tokens, output_tokens, cache_read_tokens, usage_source, app, dialect, "
    "upstream_dialect, credits"
)
KINDS = ("chatCompletion",) * 8 + ("embedding", "imageGeneration")
USERS, MODELS, DAYS = 1000, 40, 60


def fill(path: Path, count: int, now_ms: int) -> None:
    chance = random.Random(1)
    start, step = now_ms - DAYS * DAY_MS, DAYS * DAY_MS / count

    def row(n: int) -> tuple:
        at, user, model = int(start + n * step), 0 if n % 10 == 0 else chance.randrange(1, USERS), n % MODELS
        kind = KINDS[model % len(KINDS)]
        status = "failed" if n % 50 == 0 else "success"
        return (
            first_id_at(at) + n % 4096, f"request-{n:030}", user, user, model % 5, 1, f"openai/model-{model}",
            f"model-{model}", kind, status, at, 900, 300, 812, 231, 100, "reported", "did:abt:some-application",
            "openai_chat", "openai_chat", 1_250_000,
        )  # fmt: skip

    with sqlite3.connect(path) as db:
        marks = ",".join("?" * 21)
        db.executemany(f"INSERT INTO calls ({COLUMNS}) VALUES ({marks})", (row(n) for n in range(count)))


async def measure(url: str, now_ms: int) -> None:
    database = await Database.open(url)
    for name, user_id in (("one of many", 7), ("who made a tenth", 0), ("all users", None)):
        for days in (1, 30):
            period = period_between(now_ms - days * DAY_MS, now_ms, now_ms=now_ms)
            took = []
            for _ in range(9):
                began = time.perf_counter()
                async with database.read() as conn:
                    report = await report_on(conn, period, user_id=user_id)
                took.append(1000 * (time.perf_counter() - began))
            calls = report.trend.current.calls
            print(f"{name}, {days:2} days, {calls:,} calls: {statistics.median(took):.1f} ms, longest {max(took):.1f}")
    await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--dir")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.dir) as folder:
        path, now_ms = Path(folder) / "hub.db", time.time_ns() // 1_000_000
        upgrade(f"sqlite:///{path}")
        fill(path, chosen.calls, now_ms)
        print(f"{chosen.calls:,} calls, {path.stat().st_size >> 20} MiB")
        asyncio.run(measure(f"sqlite:///{path}", now_ms))
