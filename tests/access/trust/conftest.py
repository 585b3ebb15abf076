"""What every test of trusted issuers may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aigne_hub.db.engine import Database
from tests.access.trust.room import Room
from tests.databases import fresh_sqlite
from tests.platform_issuer import Platform, serve_platform


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with serve_platform() as serving:
        yield serving


@pytest.fixture
async def room(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Room]:
    opened = await Database.open(fresh_sqlite(sqlite_template, tmp_path / "db"))
    room = Room(opened)
    yield room
    await room.client.close()
    await opened.close()
