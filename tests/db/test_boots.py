"""Tests of db/boots.py, on both databases."""

import pytest

from aigne_hub.base.clock import StoppedClock
from aigne_hub.db.boots import new_boot
from aigne_hub.db.engine import Database
from tests.db.rows import in_order

pytestmark = pytest.mark.anyio


async def test_each_start_has_a_number_of_its_own(database: Database) -> None:
    clock = StoppedClock(5_000)
    first = await new_boot(database, clock)
    clock.advance(1)
    assert await new_boot(database, clock) > first
    assert await in_order(database) == [5_000, 6_000]
