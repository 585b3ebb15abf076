"""A provider that says what a test tells it to, on a real loopback socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Script = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]

USAGE = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1760000000,
    "model": "m-2025",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": USAGE,
    "system_fingerprint": "fp_1",
}


@dataclass(frozen=True)
class Asked:
    """One request as the provider saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    is_left: Callable[[], bool] = lambda: False  # whether the hub hung up since

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Upstream:
    """The provider: `script` answers each request, `asked` remembers them."""

    url: str = ""
    script: Script = field(default_factory=lambda: whole(COMPLETION))
    asked: list[Asked] = field(default_factory=list)
    hang_ups: int = 0


def whole(answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> Script:
    """Answers with a body at once: JSON, or bytes as they are."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        writer.write(head.encode() + b"\r\n" + body)
        await writer.drain()

    return script


def chunk(**fields: Any) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1760000000, "model": "m-2025", **fields}


def chunks_of(text: list[str]) -> list[dict[str, Any]]:
    """The chunks of a streamed answer, its usage last."""
    said = [chunk(choices=[{"index": 0, "delta": {"content": piece}, "finish_reason": None}]) for piece in text]
    first = chunk(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
    last = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    return [first, *said, last, chunk(choices=[], usage=USAGE)]


def events_of(chunks: list[dict[str, Any]], *, done: bool = True) -> list[bytes]:
    events = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks]
    return [*events, b"data: [DONE]\n\n"] if done else events


def streamed(
    pieces: list[bytes], *, ends: bool = True, between: Callable[[int], Awaitable[None]] | None = None
) -> Script:
    """Answers with a chunked event stream, a piece at a time; `ends=False` cuts it before its end."""

    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for number, piece in enumerate(pieces):
            if between is not None:
                await between(number)
            if writer.is_closing():
                raise ConnectionResetError("the hub hung up")
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            if writer.is_closing():
                raise ConnectionResetError("the hub hung up")
        if ends:
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        else:
            writer.close()

    return script


@asynccontextmanager
async def serve_upstream() -> AsyncIterator[Upstream]:
    upstream = Upstream()
    connected: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.add(writer)
        try:
            while asked := await _read(reader):
                upstream.asked.append(asked)
                await upstream.script(asked, writer)
                if writer.is_closing():
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            upstream.hang_ups += 1
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            connected.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    upstream.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield upstream
    finally:
        server.close()
        for writer in connected:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(
        method, path, headers, await reader.readexactly(int(headers.get("content-length", "0"))), reader.at_eof
    )
