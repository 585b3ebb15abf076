"""A provider that makes videos as a test tells it to, and a clock for which waiting takes no time."""

from __future__ import annotations

import asyncio
import json
import time
from asyncio import StreamWriter
from dataclasses import dataclass, field
from typing import Any

from aigne_hub.base.clock import Clock
from tests.upstream import Asked, whole

FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40


class HastyClock(Clock):
    """Real time, but a sleep is over at once and has passed all the same."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def now_ms(self) -> int:
        return super().now_ms() + int(self.slept_s * 1000)

    def monotonic(self) -> float:
        return time.monotonic() + self.slept_s

    async def sleep(self, seconds: float) -> None:
        self.slept_s += seconds
        await asyncio.sleep(0.001)


@dataclass
class Studio:
    """OpenAI's Videos: each job goes through `stages`, one at each look, and stays at the last."""

    stages: list[dict[str, Any]] = field(
        default_factory=lambda: [{"status": "in_progress", "progress": 40}, {"status": "completed", "progress": 100}]
    )
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    async def __call__(self, asked: Asked, writer: StreamWriter) -> None:
        path = asked.path.partition("?")[0].removeprefix("/v1/videos").strip("/")
        id, _, what = path.partition("/")
        if asked.method == "POST":
            await whole(self._new(asked, remixed_from=id or None))(asked, writer)
        elif id not in self.jobs:
            await whole({"error": {"message": "Video not found", "code": "not_found"}}, status=404)(asked, writer)
        elif asked.method == "DELETE":
            self.deleted.append(id)
            await whole({"id": id, "object": "video.deleted", "deleted": True})(asked, writer)
        elif what == "content":
            await self.send_film(asked, writer)
        else:
            await whole(self._look(id))(asked, writer)

    async def send_film(self, asked: Asked, writer: StreamWriter) -> None:
        start, status, more = 0, "200 OK", ""
        if "range" in asked.headers:
            start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
            status, more = "206 Partial Content", f"content-range: bytes {start}-{len(FILM) - 1}/{len(FILM)}\r\n"
        head = f"HTTP/1.1 {status}\r\ncontent-type: video/mp4\r\ncontent-length: {len(FILM) - start}\r\n{more}\r\n"
        writer.write(head.encode() + FILM[start:])
        await writer.drain()

    def _new(self, asked: Asked, *, remixed_from: str | None) -> dict[str, Any]:
        given = json.loads(asked.body) if asked.body.startswith(b"{") else {}
        id = f"video_up{len(self.jobs)}"
        self.looks[id] = 0
        self.jobs[id] = {
            "id": id,
            "object": "video",
            "created_at": 1760000000,
            "status": "queued",
            "progress": 0,
            "model": given.get("model", "sora-2"),
            "prompt": given.get("prompt", "a cat"),
            "seconds": given.get("seconds", "4"),
            "size": given.get("size", "720x1280"),
            "remixed_from_video_id": remixed_from.removesuffix("/remix") if remixed_from else None,
        }
        return self.jobs[id]

    def _look(self, id: str) -> dict[str, Any]:
        stage = self.stages[min(self.looks[id], len(self.stages) - 1)]
        self.looks[id] += 1
        return {**self.jobs[id], **stage}


@dataclass
class Veo:
    """Google's videos: an operation, and the film of a file to which the download is redirected."""

    done: dict[str, Any] | None = None
    looks: int = 0
    moved: bool = True

    async def __call__(self, asked: Asked, writer: StreamWriter) -> None:
        if asked.path.endswith(":predictLongRunning"):
            await whole({"name": "models/veo-3/operations/op1"})(asked, writer)
        elif "/operations/" in asked.path:
            self.looks += 1
            await whole({"name": "models/veo-3/operations/op1", **(self._end() if self.looks > 1 else {})})(
                asked, writer
            )
        elif self.moved and not asked.path.startswith("/download"):
            where = {"location": "/download/v1beta/files/f1:download?alt=media"}
            await whole(b"", status=302, headers=where)(asked, writer)
        else:
            await Studio().send_film(asked, writer)

    def _end(self) -> dict[str, Any]:
        uri = "https://generativelanguage.googleapis.com/v1beta/files/f1:download?alt=media"
        made = {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": uri}}]}}
        return self.done or {"done": True, "response": made}
