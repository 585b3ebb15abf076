"""The CPU that one exchange and one streamed piece cost the outbound client, on one core.

Run `python bench/micro_outbound.py [exchanges]`. A bare asyncio server in a process of its own answers
on loopback; the figures are this process's CPU time, so they do not depend on the server's speed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import time
from multiprocessing.connection import Connection
from typing import cast

import uvloop

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.outbound import Client, Guard, Limits, Origin

BODY = b'{"id":"chatcmpl-1","object":"chat.completion","choices":[{"message":{"content":"' + b"word " * 120 + b'"}}]}'
JSON_ANSWER = (
    b"HTTP/1.1 200 OK\r\ndate: Mon, 01 Jan 2026 00:00:00 GMT\r\ncontent-type: application/json\r\n"
    b"x-request-id: req_0123456789\r\nserver: bench\r\nopenai-processing-ms: 12\r\n"
    b"x-ratelimit-remaining-requests: 99\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
EVENT = b'data: {"choices":[{"delta":{"content":"word"}}],"id":"chatcmpl-1","object":"chat.completion.chunk"}\n\n'
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
PIECES = 200
REQUEST_BODY = b'{"model":"m","messages":[{"role":"user","content":"' + b"ask " * 230 + b'"}]}'
HEADERS = [
    (b"content-type", b"application/json"),
    (b"authorization", b"Bearer sk-0123456789abcdef0123456789abcdef"),
    (b"accept", b"application/json"),
    (b"user-agent", b"aigne-hub"),
    (b"x-request-id", b"0123456789abcdef"),
]


class Upstream(asyncio.Protocol):
    """Answers at once; a request for /stream gets PIECES chunks, a loop turn and a moment apart."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if not data.endswith(b"}"):
            return
        if data.startswith(b"POST /stream"):
            self.transport.write(STREAM_HEAD)
            self._write_piece(PIECES)
        else:
            self.transport.write(JSON_ANSWER)

    def _write_piece(self, left: int) -> None:
        if left:
            self.transport.write(CHUNK)
            asyncio.get_running_loop().call_later(0.001, self._write_piece, left - 1)
        else:
            self.transport.write(b"0\r\n\r\n")


def serve(port_pipe: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
        port_pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    _pin_to(1)
    uvloop.run(run())


def _pin_to(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


async def ask(client: Client, origin: Origin, limits: Limits, times: int) -> None:
    for _ in range(times):
        exchange = await client.send(origin, b"POST", b"/v1/chat/completions", HEADERS, REQUEST_BODY, limits)
        try:
            assert len(await exchange.read()) == len(BODY)
        finally:
            exchange.close()


async def stream(client: Client, origin: Origin, limits: Limits) -> int:
    exchange = await client.send(origin, b"POST", b"/stream", HEADERS, REQUEST_BODY, limits)
    pieces = 0
    while await exchange.next():
        pieces += 1
    return pieces


async def measure(port: int, exchanges: int) -> None:
    origin, _ = Origin.parse(f"http://127.0.0.1:{port}")
    client = Client(deadlines=Deadlines(), guard=Guard(allow_private=True))
    limits = Limits()
    await ask(client, origin, limits, 2000)
    for callers in (1, 16, 64):
        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.gather(*(ask(client, origin, limits, exchanges // callers) for _ in range(callers)))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        done = exchanges // callers * callers
        print(f"{callers:3} callers: {cpu / done * 1e6:6.1f} us CPU/exchange, {done / wall:8.0f} exchanges/s")
    cpu = time.process_time()
    pieces = sum(await asyncio.gather(*(stream(client, origin, limits) for _ in range(64))))
    cpu = time.process_time() - cpu
    print(f" 64 streams: {cpu / pieces * 1e6:6.1f} us CPU/piece, {pieces} pieces")
    await client.close()


def main() -> None:
    exchanges = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    ours, theirs = multiprocessing.Pipe()
    upstream = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    upstream.start()
    port = ours.recv()
    _pin_to(0)
    uvloop.run(measure(port, exchanges))
    upstream.terminate()


if __name__ == "__main__":
    main()
