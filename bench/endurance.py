"""Cost and memory over time: many calls, many keys, a full call table.

    python bench/endurance.py soak      # memory after 100,000 calls and after 1,100,000
    python bench/endurance.py flat      # cost per request with 10 and 100,000 keys, with 0 and 1,000,000 calls

Both run the target `hub` of targets.toml on core 1, mock and load on core 0, and print one line a measurement.
"""

import argparse
import hashlib
import sqlite3
import time
import tomllib
from pathlib import Path
from types import SimpleNamespace

from loads import KIT, Load, measured
from procs import rss_mib

from bench import Bench

OPTIONS = {"load_cores": "0", "gateway_cores": "1", "seconds": 5, "short": 3, "warmup": 2, "repeat": 3, "streams": 1}
CALL_COLUMNS = (
    "id, request_id, user_id, key_id, provider_id, credential_id, model, upstream_model, kind, status, started_ms, "
    "duration_ms, first_byte_ms, input_tokens, output_tokens, usage_source"
)


def options(gen: str) -> SimpleNamespace:
    return SimpleNamespace(**OPTIONS, gen=gen, suite="json", starts=1, vars={"bin": str(KIT.parent / ".venv/bin")})


def target() -> dict:
    return tomllib.loads((KIT / "targets.toml").read_text())["targets"]["hub"]


def cost(load: Load, pid: int, seconds: int = 5, times: int = 5) -> float:
    """Median CPU µs per request."""
    rows = [measured(lambda: load.wrk(64, seconds), pid, 0, [1]) for _ in range(times)]
    return sorted(1e6 * r["gw_cpu_s"] / max(1, r["requests"]) for r in rows)[times // 2]


def soak(a: SimpleNamespace) -> None:
    bench = Bench(a)
    bench.mock("json")
    proc, port, _, tuned, _ = bench.start("hub", target(), 9001)
    try:
        load, made = Load(a, tuned, port), 0
        print(f"idle: {rss_mib(proc.pid)[1]} MiB")
        for goal in (100_000, 350_000, 600_000, 850_000, 1_100_000):
            while made < goal:
                made += load.wrk(64, 3)["requests"]
            time.sleep(2)
            print(f"after {made:,} calls: {rss_mib(proc.pid)[1]} MiB", flush=True)
    finally:
        proc.stop()
        bench.close()


def flat(a: SimpleNamespace) -> None:
    bench = Bench(a)
    bench.mock("json")
    proc, port, _, tuned, _ = bench.start("hub", target(), 9001)
    database = bench.gen / "hub-data" / "hub.db"
    try:
        load = Load(a, tuned, port)
        load.wrk(64, 3)
        few = cost(load, proc.pid)
        print(f"few keys, few calls: {few:.1f} µs a request, {rss_mib(proc.pid)[1]} MiB", flush=True)
        add_keys(database, 100_000)
        time.sleep(5)
        many = cost(load, proc.pid)
        print(f"100,000 keys: {many:.1f} µs ({many / few:.2f}), {rss_mib(proc.pid)[1]} MiB", flush=True)
        add_calls(database, 1_000_000)
        load.wrk(64, 3)
        full = cost(load, proc.pid)
        print(f"and 1,000,000 calls: {full:.1f} µs ({full / few:.2f})", flush=True)
    finally:
        proc.stop()
        bench.close()


def add_keys(database: Path, count: int) -> None:
    """Keys that nobody holds, as a busy hub has them."""
    with sqlite3.connect(database, timeout=30) as db:
        user = db.execute("SELECT id FROM users LIMIT 1").fetchone()[0]
        version = db.execute(
            "UPDATE versions SET version = version + 1 WHERE name = 'access' RETURNING version"
        ).fetchone()[0]
        rows = (
            (n, user, f"key {n}", "member", hashlib.sha256(b"%d" % n).digest(), "abcd", 1, version)
            for n in range(1, count + 1)
        )
        db.executemany(
            "INSERT INTO keys (id, user_id, name, role, digest, hint, created_ms, version) VALUES (?,?,?,?,?,?,?,?)",
            rows,
        )


def add_calls(database: Path, count: int) -> None:
    """Calls of long ago, of a thousand users, in parts, so that the hub can write meanwhile."""
    with sqlite3.connect(database, timeout=30) as db:
        for part in range(0, count, 20_000):
            rows = (
                (n, f"old-{n}", n % 1000, n % 1000, 1, 1, "openai/gpt-4o-mini", "gpt-4o-mini", "chatCompletion",
                 "success", 1, 10, 5, 231, 29, "reported")
                for n in range(part + 1, part + 20_001)
            )  # fmt: skip
            db.executemany(f"INSERT INTO calls ({CALL_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
            db.commit()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["soak", "flat"])
    parser.add_argument("--gen", default="bench-out")
    chosen = parser.parse_args()
    (soak if chosen.what == "soak" else flat)(options(chosen.gen))
