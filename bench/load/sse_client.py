"""Streaming load client: N connections, each running SSE chat requests one after another.

Prints one JSON line: streams, chunks, time to first chunk, and how long each chunk was under way
(read time minus the "t=" stamp that mock_upstream.py puts into every delta).
"""

import argparse
import asyncio
import json
import re
from time import monotonic_ns

STALL_NS = 250_000_000  # a stream that paused longer has stalled
STAMP = re.compile(rb"t=(\d{19}) ")


def pct(values, q):
    return values[min(len(values) - 1, int(len(values) * q))] / 1e3 if values else None


class Client(asyncio.Protocol):
    def __init__(self, run):
        self.run = run

    def connection_made(self, transport):
        self.transport = transport
        self.send()

    def send(self):
        if monotonic_ns() >= self.run.stop:
            self.transport.close()
            return
        self.started = monotonic_ns()
        self.first = 0
        self.last_read = 0
        self.head = True
        self.tail = b""
        self.got = 0
        self.transport.write(self.run.request)

    def data_received(self, data):
        now = monotonic_ns()
        run = self.run
        run.reads += 1
        if self.head:
            self.head = False
            status = data[9:12]
            if status != b"200":
                run.errors += 1
                run.last_error = data[:300]
                self.transport.close()
                return
        if self.last_read:
            gap = now - self.last_read
            run.longest_gap = max(run.longest_gap, gap)
            run.stalls += gap > STALL_NS
        self.last_read = now
        data = self.tail + data
        last = 0
        for m in STAMP.finditer(data):
            last = m.end()
            self.got += 1
            run.transit.append(now - int(m[1]))
            if not self.first:
                self.first = now
                run.ttfc.append(now - self.started)
        done = data.find(b"data: [DONE]", last)
        if done < 0:
            self.tail = data[last:][-64:]
            return
        # the chunked body ends in an empty chunk, possibly in a later read
        if data.find(b"\r\n0\r\n\r\n", done) >= 0 or data.endswith(b"0\r\n\r\n"):
            run.streams += 1
            run.chunks += self.got
            run.total.append(now - self.started)
            self.send()
        else:
            self.tail = data[done:]

    def connection_lost(self, exc):
        self.run.open -= 1
        if not self.run.open:
            self.run.done.set()


class Run:
    def __init__(self, request, stop, n):
        self.request, self.stop, self.open = request, stop, n
        self.reads = self.errors = self.streams = self.chunks = self.stalls = self.longest_gap = 0
        self.transit, self.ttfc, self.total = [], [], []
        self.last_error = b""
        self.done = asyncio.Event()


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--path", default="/v1/chat/completions")
    p.add_argument("--key", default="sk-bench")
    p.add_argument("--model", default="gpt-4o-mini")
    p.add_argument("--header", action="append", default=[])
    p.add_argument("-c", "--connections", type=int, default=1)
    p.add_argument("-d", "--duration", type=float, default=5)
    p.add_argument("--ramp", type=float, default=0, help="spread the starts over this many seconds")
    a = p.parse_args()
    text = "Explain in two sentences what an AI gateway does. " * 14
    body = json.dumps(
        {
            "model": a.model,
            "messages": [
                {"role": "system", "content": "You are a helpful assistant who answers briefly."},
                {"role": "user", "content": text},
            ],
            "temperature": 0.7,
            "max_tokens": 256,
            "stream": True,
            "stream_options": {"include_usage": True},
            "user": "bench-user-1",
        },
        separators=(",", ":"),
    ).encode()
    head = [
        f"POST {a.path} HTTP/1.1",
        f"Host: {a.host}:{a.port}",
        f"Authorization: Bearer {a.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *a.header,
    ]
    request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    loop = asyncio.get_running_loop()
    start = monotonic_ns()
    run = Run(request, start + int((a.duration + a.ramp) * 1e9), a.connections)
    for _ in range(a.connections):
        await loop.create_connection(lambda: Client(run), a.host, a.port)
        if a.ramp:
            await asyncio.sleep(a.ramp / a.connections)
    try:
        await asyncio.wait_for(run.done.wait(), a.duration + a.ramp + 30)
    except TimeoutError:
        run.errors += run.open
    wall = (monotonic_ns() - start) / 1e9
    for v in (run.transit, run.ttfc, run.total):
        v.sort()
    print(
        "JSON "
        + json.dumps(
            {
                "streams": run.streams,
                "chunks": run.chunks,
                "errors": run.errors,
                "wall_s": round(wall, 3),
                "chunks_per_s": round(run.chunks / wall, 1),
                "reads": run.reads,
                "stalls": run.stalls,
                "longest_gap_ms": round(run.longest_gap / 1e6, 1),
                "ttfc_p50_us": pct(run.ttfc, 0.5),
                "ttfc_p99_us": pct(run.ttfc, 0.99),
                "transit_p50_us": pct(run.transit, 0.5),
                "transit_p99_us": pct(run.transit, 0.99),
                "total_p50_us": pct(run.total, 0.5),
                "last_error": run.last_error.decode("latin1"),
            }
        )
    )


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main())
    except ImportError:
        asyncio.run(main())
