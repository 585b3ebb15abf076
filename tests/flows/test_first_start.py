"""The very first start, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigne_hub.access.identity import Role
from aigne_hub.app import open_house
from aigne_hub.flows.first_start import first_start
from tests.running import settings_for

pytestmark = pytest.mark.anyio


async def test_the_first_start_makes_an_owner_and_a_key_and_the_second_does_not(
    database_url: str, tmp_path: Path
) -> None:
    async with open_house(settings_for(database_url, tmp_path)) as house:
        made = await first_start(house.database, house.users, house.keys)
        assert made is not None
        await house.freshness.look()
        caller = await house.identify(made.secret)
        assert (caller.role, caller.user.name) == (Role.owner, "owner")
        assert await first_start(house.database, house.users, house.keys) is None
