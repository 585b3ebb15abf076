"""What every test may ask for: an event loop, databases, a provider, a running hub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.databases import Postgres, database, database_url, fresh_sqlite, postgres, sqlite_template
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream, serve_upstream

__all__ = ["Postgres", "database", "database_url", "postgres", "sqlite_template"]

settings.register_profile("hub", deadline=None)  # the machine's speed is nobody's property
settings.load_profile("hub")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with serve_upstream() as serving:
        yield serving


@pytest.fixture
async def hub(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A running hub on SQLite."""
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    async with running_hub(settings_for(url, tmp_path), upstream) as running:
        yield running


@pytest.fixture
async def hub_on_both(database_url: str, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A running hub, once on SQLite and once on PostgreSQL."""
    async with running_hub(settings_for(database_url, tmp_path), upstream) as running:
        yield running
