"""A load of calls on raw connections, which knows of each call whether its answer arrived whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.upstream import COMPLETION, Asked, Script, chunks_of, events_of, streamed, whole

BODY = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}


def answering() -> Script:
    """A provider that streams to those who ask for it."""
    plain, stream = whole(COMPLETION), streamed(events_of(chunks_of(["Hel", "lo"])))

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await (stream if b'"stream":true' in asked.body.replace(b" ", b"") else plain)(asked, writer)

    return script


@dataclass
class Load:
    """Calls with ids of their own; `completed` are those whose answer was received whole."""

    numbers: Iterator[int]
    completed: list[str] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    @property
    def kinds(self) -> set[str]:
        """Of which kinds there are completed calls: "plain", "streamed"."""
        return {_kind(int(request_id.removeprefix("call-"))) for request_id in self.completed}

    async def run(self, port: int, key: str, *, connections: int, until: int) -> None:
        """Call until `until` calls are complete in all, or the hub is gone."""
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(self._connection(port, key, until))

    async def _connection(self, port: int, key: str, until: int) -> None:
        writer: asyncio.StreamWriter | None = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while len(self.completed) < until:
                await self._call(reader, writer, key)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the hub was killed: what was not whole does not count
        finally:
            if writer is not None:
                writer.close()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        number = next(self.numbers)
        request_id, is_stream = f"call-{number}", _kind(number) == "streamed"
        body = json.dumps({**BODY, "stream": is_stream}).encode()
        writer.write(
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer {key}\r\n"
            f"x-request-id: {request_id}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        answer = await _body(reader, head)
        if not head.startswith(b"HTTP/1.1 200 "):
            self.refused.append(head + answer)
        elif answer.endswith(b"data: [DONE]\n\n") if is_stream else json.loads(answer)["choices"]:
            self.completed.append(request_id)


def _kind(number: int) -> str:
    return "plain" if number % 2 else "streamed"


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    if b"content-length" in fields:
        return await reader.readexactly(int(fields[b"content-length"]))
    pieces = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        pieces.append((await reader.readexactly(size + 2))[:-2])
    await reader.readexactly(2)
    return b"".join(pieces)
