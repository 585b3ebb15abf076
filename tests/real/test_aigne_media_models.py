"""The published client @aigne/aigne-hub, unchanged, has pictures and videos made through the hub (contract 3.1)."""

from __future__ import annotations

import base64
import json
from asyncio import StreamWriter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from tests.databases import fresh_sqlite
from tests.dialects.chats import PIXEL
from tests.edge.films import FILM, HastyClock, Studio
from tests.real.packages import installed, run, tool
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

_CLI = Path(__file__).parent / "aigne_cli"
PICTURES = {"created": 1, "data": [{"b64_json": PIXEL}], "usage": {"input_tokens": 9, "output_tokens": 4}}


@pytest.fixture
async def hasty(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A hub for which waiting takes no time."""
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, total_s=600.0)
    async with running_hub(settings, upstream, clock=HastyClock()) as hub:
        yield hub


class Maker(Studio):
    """A provider of pictures and videos, which refuses one prompt."""

    async def __call__(self, asked: Asked, writer: StreamWriter) -> None:
        if asked.path.startswith("/v1/images/"):
            await whole(PICTURES)(asked, writer)
            return
        await super().__call__(asked, writer)

    def _look(self, id: str) -> dict[str, Any]:
        if self.jobs[id]["prompt"] == "forbidden":
            return {
                **self.jobs[id],
                "status": "failed",
                "error": {"code": "moderation_blocked", "message": "Not this."},
            }
        return super()._look(id)


async def test_pictures_and_videos(hasty: RunningHub, upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = Maker()

    def ask() -> dict[str, Any]:
        where = {"HUB": hasty.url, "KEY": hasty.member_key, "PICTURE": PIXEL, "HOME": str(tmp_path)}
        done = run([tool("node"), "chat.mjs", "media"], folder=installed(_CLI), timeout_s=120, **where)
        assert done.returncode == 0, done.stderr[-3000:]
        seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return seen

    seen = await anyio.to_thread.run_sync(ask)
    for made in (seen["image"], seen["edited"]):
        (image,) = made["images"]
        assert (image["type"], image["data"], image["mimeType"]) == ("file", PIXEL, "image/png")
        assert made["usage"]["inputTokens"] == 9
        assert (made["model"], made["modelWithProvider"]) == ("gpt-image-1", "up/gpt-image-1")
    for made, seconds in ((seen["video"], 8), (seen["animated"], 4)):
        (video,) = made["videos"]
        assert (video["type"], base64.b64decode(video["data"]), video["mimeType"]) == ("file", FILM, "video/mp4")
        assert (made["seconds"], made["usage"]["inputTokens"], made["usage"]["outputTokens"]) == (seconds, 0, 0)
        assert (made["model"], made["modelWithProvider"]) == ("sora-2", "up/sora-2")
    assert "the video was not made: Not this." in seen["moderated"]["message"]
    assert "Video model provider nowhere not found" in seen["unknown"]["message"]
    begun = [asked for asked in upstream.asked if asked.method == "POST" and asked.path == "/v1/videos"]
    assert begun[0].json == {"model": "sora-2", "prompt": "a cat", "seconds": "8", "size": "1280x720"}
    assert base64.b64decode(PIXEL) in begun[1].body
    kinds = [(call.kind, call.status.value) for call in await hasty.calls()]
    good = [("imageGeneration", "success")] * 2 + [("video", "success")] * 2
    assert kinds == [*good, ("video", "failed")]
