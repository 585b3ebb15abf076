"""A scripted provider on loopback: each test says, byte by byte, what it does with a connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.outbound import Client, Exchange, Guard, Limits, Origin

HEAD_OK = b"HTTP/1.1 200 OK\r\n"


@dataclass
class Peer:
    """The provider's end of one connection; `number` counts connections from 0."""

    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    upstream: Upstream

    async def read_request(self) -> bytes:
        """The next request, head and body; raises IncompleteReadError when the client hangs up."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        request = head + await self.reader.readexactly(length)
        self.upstream.requests.append(request)
        return request

    async def write(self, data: bytes) -> None:
        self._write(data)
        await self.writer.drain()

    async def write_split(self, *pieces: bytes) -> None:
        """Write pieces so that the client gets a chance to read each by itself."""
        for piece in pieces:
            self._write(piece)
            await turn(3)

    async def answer(self, body: bytes = b"ok") -> None:
        await self.write(ok(body))

    def reset(self) -> None:
        """Close with a TCP reset instead of an end."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def _write(self, data: bytes) -> None:
        if self.writer.is_closing():
            raise ConnectionResetError
        self.writer.write(data)

    async def hang(self) -> None:
        """Do nothing until the client hangs up."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class Upstream:
    origin: Origin
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


@contextlib.asynccontextmanager
async def serve(script: Script, *, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Upstream]:
    """Run `script` for every connection; a connection whose script has ended is closed."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        peer = Peer(upstream.connections, reader, writer, upstream)
        upstream.connections += 1
        try:
            await script(peer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", port, limit=1 << 20, ssl=tls)
    upstream = Upstream(Origin("http", "127.0.0.1", server.sockets[0].getsockname()[1]))
    try:
        yield upstream
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def client_of(
    *,
    per_origin: int = 1000,
    idle_keep_s: float = 60.0,
    guard: Guard | None = None,
    proxy: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Client]:
    """A client that may reach this machine; fails the test if a connection is left when it is closed."""
    client = Client(
        deadlines=Deadlines(),
        guard=guard or Guard(allow_private=True),
        per_origin=per_origin,
        idle_keep_s=idle_keep_s,
        proxy=proxy,
        tls=tls,
    )
    try:
        yield client
    finally:
        await client.close()
    assert client.open_connections == 0
    assert client.idle_connections == 0


async def post(client: Client, origin: Origin, limits: Limits, body: bytes = b"{}") -> Exchange:
    return await client.send(origin, b"POST", b"/v1/x", [(b"content-type", b"application/json")], body, limits)


async def ask(client: Client, origin: Origin, limits: Limits, body: bytes = b"{}") -> bytes:
    """Send and read one whole answer."""
    exchange = await post(client, origin, limits, body)
    try:
        return await exchange.read()
    finally:
        exchange.close()


async def drain(exchange: Exchange) -> bytes:
    """Read one answer piece by piece."""
    pieces = []
    while piece := await exchange.next():
        pieces.append(piece)
    return b"".join(pieces)


async def turn(times: int = 5) -> None:
    """Let the loop turn, so that what is under way on loopback arrives."""
    for _ in range(times):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must come about; a busy machine gets ten seconds for it."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)


def ok(body: bytes, *fields: bytes) -> bytes:
    return b"".join((HEAD_OK, *(field + b"\r\n" for field in fields), b"Content-Length: %d\r\n\r\n" % len(body), body))


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailer + b"\r\n"
