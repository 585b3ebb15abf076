"""The object that doors receive cannot be changed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from aigne_hub.app import open_house
from tests.running import settings_for

pytestmark = pytest.mark.anyio


async def test_nobody_changes_the_house(database_url: str, tmp_path: Path) -> None:
    async with open_house(settings_for(database_url, tmp_path)) as house:
        with pytest.raises(FrozenInstanceError):
            house.relay = house.relay  # type: ignore[misc]
