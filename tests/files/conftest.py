"""The store that the tests of this folder ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aigne_hub.db.engine import Database
from tests.files.shelf import Shelf, open_shelf


@pytest.fixture
async def shelf(database: Database, tmp_path: Path) -> AsyncIterator[Shelf]:
    """A store on each kind of database."""
    async with open_shelf(database, tmp_path / "files") as opened:
        yield opened
