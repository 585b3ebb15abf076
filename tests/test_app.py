"""The composition root: a hub that starts and stops whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigne_hub.app import Hub, open_house
from aigne_hub.edge.wire import Message
from tests.running import settings_for

pytestmark = pytest.mark.anyio


async def test_two_houses_make_different_ids(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path)
    async with open_house(settings) as one, open_house(settings) as two:
        made = [house.recorder.new_id() for house in (one, two) for _ in range(1000)]
    assert len(set(made)) == 2000


async def test_a_hub_that_cannot_start_says_so(tmp_path: Path) -> None:
    settings = settings_for("postgresql://u:hunter2@127.0.0.1:9/x", tmp_path)
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        said.append(message)

    await Hub(settings)({"type": "lifespan"}, receive, send)
    assert said == [{"type": "lifespan.startup.failed", "message": "the database cannot be reached"}]
