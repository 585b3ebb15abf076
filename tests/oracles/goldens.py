"""The goldens of tests/goldens are read here: what a provider answers, by its own documentation, and how it is served.

`CASE.json` holds a whole answer, or a request (`request`); `CASE.sse` a stream of events, with its page in comments
before the first; `CASE.frames.json` a stream of Bedrock's frames. Each names its `page` and the day it was `read`.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aigne_hub.dialects.bedrock_converse.frames import frame_of
from tests.upstream import Asked, Script

FOLDER = Path(__file__).resolve().parent.parent / "goldens"
EVENTS, FRAMES = "text/event-stream", "application/vnd.amazon.eventstream"


@dataclass(frozen=True)
class Golden:
    """What a provider of `dialect` sends; `body` as it stands on the wire. `request` is what it is sent instead."""

    dialect: str
    case: str
    page: str
    read: str
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = "application/json"
    request: Any = None

    @property
    def is_stream(self) -> bool:
        return self.content_type != "application/json"

    @property
    def is_answer(self) -> bool:
        return self.request is None and self.status == 200


@cache
def goldens() -> tuple[Golden, ...]:
    """Every golden there is."""
    return tuple([_loaded(path) for path in sorted(FOLDER.glob("*/*.*"))])


def golden(dialect: str, case: str) -> Golden:
    return next(one for one in goldens() if (one.dialect, one.case) == (dialect, case))


def _loaded(path: Path) -> Golden:
    dialect, case = path.parent.name, path.name.partition(".")[0]
    if path.suffix == ".sse":
        head, _, body = path.read_bytes().partition(b"\n\n")
        page, read = [line.partition(b" ")[2].decode() for line in head.splitlines()]
        return Golden(dialect, case, page, read, body=body, content_type=EVENTS)
    said = json.loads(path.read_text())
    known = {"page": said["page"], "read": said["read"], "request": said.get("request")}
    if "frames" in said:
        body = b"".join([_frame(*one) for one in said["frames"]])
        return Golden(dialect, case, **known, body=body, content_type=FRAMES)
    headers = tuple(said.get("headers", {}).items())
    body = json.dumps(said.get("body")).encode()
    return Golden(dialect, case, **known, status=said.get("status", 200), headers=headers, body=body)


def _frame(kind: str, payload: Any) -> bytes:
    names = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame_of(names, json.dumps(payload).encode())


def served(one: Golden) -> Script:
    """The provider that answers so, whatever it is asked."""

    async def script(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {one.status} X\r\ncontent-type: {one.content_type}\r\ncontent-length: {len(one.body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in one.headers)
        writer.write(head.encode() + b"\r\n" + one.body)
        await writer.drain()

    return script
