"""A hub for which waiting takes no time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import fresh_sqlite
from tests.edge.films import HastyClock, Studio
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Upstream


@dataclass
class HastyHub:
    hub: RunningHub
    clock: HastyClock


@pytest.fixture
async def hasty(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[HastyHub]:
    """Its longest wait is ten minutes of its clock; the local limits stay those of a test."""
    clock = HastyClock()
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, total_s=600.0, drain_s=0.5)
    async with running_hub(settings, upstream, clock=clock) as hub:
        yield HastyHub(hub, clock)


@pytest.fixture
def studio(upstream: Upstream) -> Studio:
    upstream.script = studio = Studio()
    return studio
