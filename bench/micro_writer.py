"""What one durable record costs: committing in the event loop, against handing batches to a thread.

    PYTHONPATH=src taskset -c 0 python bench/micro_writer.py [--dir DIR] [--seconds 3]

Callers first do what a call does (wait for an echo from another process, spend some CPU), then submit
one row to a table with one index and wait for its commit. `cpu` is this process's, per operation, less
what the same run costs without a writer; `commit` is from submit to the future's result.
"""

import argparse
import asyncio
import multiprocessing
import os
import queue
import socket
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

import uvloop
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table
from sqlalchemy.dialects.sqlite import insert

from aigne_hub.db.sqlite_inline import connect
from aigne_hub.db.sqlite_log import SqliteLog
from aigne_hub.db.writer import Statement, Writer

TABLE = Table(
    "records",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("key_id", BigInteger),
    Column("model", String),
    Column("tokens", Integer),
    Column("at", BigInteger),
    Index("ix_records_key_id_at", "key_id", "at"),
)
COLUMNS = ["id", "key_id", "model", "tokens", "at"]
DDL = """create table records(id integer primary key, key_id bigint, model text, tokens int, at bigint);
create index ix_records_key_id_at on records(key_id, at)"""


class ThreadLog:
    """The variant that lost: one thread owns the connection, results come back in one call a batch."""

    def __init__(self, path):
        self.loop = asyncio.get_running_loop()
        self.conn = connect(path, busy_timeout_ms=5000)
        self.conn.execute("PRAGMA wal_autocheckpoint = 1000")
        self.inbox = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while (item := self.inbox.get()) is not None:
            done, batch = item
            self.conn.execute("BEGIN IMMEDIATE")
            self.conn.executemany(batch[0].steps[0][0].sql, [operation.steps[0][1] for operation in batch])
            self.conn.execute("COMMIT")
            self.loop.call_soon_threadsafe(done.set_result, [None] * len(batch))

    def commit(self, batch):
        done = self.loop.create_future()
        self.inbox.put((done, batch))
        return done

    async def close(self):
        self.inbox.put(None)
        await asyncio.to_thread(self.thread.join)
        self.conn.close()


class NoLog:
    """The same run without a database: what is subtracted."""

    def __init__(self, path):
        self.path = path

    async def commit(self, batch):
        return [None] * len(batch)

    async def close(self):
        pass


def echo(sock, cpu):
    os.sched_setaffinity(0, {cpu})

    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, addr):
            self.transport.sendto(data)

    async def serve():
        await asyncio.get_running_loop().create_datagram_endpoint(Echo, sock=sock)
        await asyncio.Event().wait()

    uvloop.run(serve())


def spend(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class Upstream(asyncio.DatagramProtocol):
    def __init__(self):
        self.waiting = {}

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.waiting.pop(data).set_result(None)

    async def ask(self, loop, name):
        self.waiting[name] = answered = loop.create_future()
        self.transport.sendto(name)
        await answered


async def measure(make, path, callers, seconds, sock):
    loop = asyncio.get_running_loop()
    statement = Statement.compile(insert(TABLE).on_conflict_do_nothing(), COLUMNS, "sqlite")
    writer = Writer(make(path))
    transport, upstream = await loop.create_datagram_endpoint(Upstream, sock=sock.dup())
    times, turn, stop = [], 0, time.perf_counter() + seconds

    async def caller(number):
        nonlocal turn
        name = b"%d" % number
        while time.perf_counter() < stop:
            await upstream.ask(loop, name)
            spend(60e-6)
            turn += 1
            began = time.perf_counter()
            await writer.submit(statement, (turn, turn % 1000, "a-model", 231, turn))
            times.append(time.perf_counter() - began)

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(caller(number) for number in range(callers)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    await writer.close()
    transport.close()
    times.sort()
    return cpu / len(times) * 1e6, len(times) / wall, times[len(times) // 2], times[int(len(times) * 0.99)], times[-1]


async def submit_cost(path):
    writer = Writer(NoLog(path), queue_limit=10**9)
    statement = Statement("insert", "")
    row = (1, 2, "a-model", 231, 5)
    began = time.perf_counter()
    for _ in range(100_000):
        writer.submit(statement, row)
    print(f"submit() itself: {(time.perf_counter() - began) * 10:.2f} us")
    await writer.close()


def run(variants, options):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.setblocking(False)
    theirs.setblocking(False)
    other = max(os.cpu_count() - 1, 0)
    peer = multiprocessing.get_context("fork").Process(target=echo, args=(theirs, other), daemon=True)
    peer.start()
    try:
        for callers in (1, 8, 64):
            bare = 0.0
            for name, make in variants:
                path = str(Path(options.dir, f"{name}-{callers}.db"))
                conn = sqlite3.connect(path)
                conn.executescript(DDL)
                conn.close()
                cpu, rate, p50, p99, worst = uvloop.run(measure(make, path, callers, options.seconds, ours))
                bare = bare or cpu
                print(
                    f"{name:<10} {callers:>3} callers {rate:>7.0f}/s  cpu {cpu - bare:6.1f} us/op  commit p50"
                    f" {p50 * 1e3:6.3f}  p99 {p99 * 1e3:6.3f}  max {worst * 1e3:6.1f} ms",
                    flush=True,
                )
    finally:
        peer.kill()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--dir")
    options.add_argument("--seconds", type=float, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.dir) as folder:
        chosen.dir = folder
        uvloop.run(submit_cost(folder))
        run([("nothing", NoLog), ("inline", SqliteLog), ("thread", ThreadLog)], chosen)


if __name__ == "__main__":
    main()
