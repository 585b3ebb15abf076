"""Models that are not available, in memory: who listens hears of changes and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aigne_hub.catalog import store as catalog_store
from aigne_hub.catalog.statuses import store
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.catalog.statuses.entries import StatusChange
from aigne_hub.db.engine import Database
from tests.catalog.statuses.test_store import DOWN, PROVIDER

pytestmark = pytest.mark.anyio


async def test_listeners_hear_of_changes_and_not_of_what_was_so_at_the_start(database: Database) -> None:
    board, heard = StatusBoard(), list[Sequence[StatusChange]]()
    board.listen(heard.append)
    async with database.write() as conn:
        await catalog_store.add_provider(conn, PROVIDER)
        await store.add_statuses(conn, [DOWN])
        await board.load(conn, 1)
        assert (heard, board.fault(DOWN.key)) == ([], DOWN.fault)
        await store.see_again(conn, [replace(DOWN, seen_ms=6)])
        await board.load(conn, 2)
        assert heard == []
        other = replace(DOWN, model="n")
        await store.remove_statuses(conn, [DOWN.key])
        await store.add_statuses(conn, [other])
        await board.load(conn, 3)
    (changes,) = heard
    assert [(one.model, one.fault) for one in changes] == [("m", None), ("n", DOWN.fault)]
    assert (board.fault(DOWN.key), board.fault(other.key), board.version) == (None, DOWN.fault, 3)
