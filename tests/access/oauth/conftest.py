"""What every test of OAuth may ask for."""

from __future__ import annotations

import pytest

from aigne_hub.db.engine import Database
from tests.access.oauth.room import Room


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)
