"""Finding rows of the journal, on both databases."""

from __future__ import annotations

import pytest

from aigne_hub.audit import store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM, Actor, Filter, Outcome, Target
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.db.engine import Database

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), [5, 4, 3, 2, 1]),
        (Filter(action="key"), [3, 1]),
        (Filter(action="key.create"), [1]),
        (Filter(action="key%"), []),
        (Filter(actor=7), [5, 4]),
        (Filter(target="9"), [4, 3]),
        (Filter(outcome=Outcome.refused), [5]),
        (Filter(from_ms=1_700_000_002_000, to_ms=1_700_000_004_000), [4, 3]),
    ],
)
async def test_rows_are_found_newest_first(database: Database, wanted: Filter, found: list[int]) -> None:
    clock = StoppedClock()
    journal, max_ = Journal(Vault(bytes(32)), clock), Actor("user", 7, "Max")
    async with database.write() as conn:
        base = clock.now_ms()
        await journal.note(conn, SYSTEM, "key.create", Target("key", "1"))
        clock.advance(1)
        await journal.note(conn, SYSTEM, "keyring.open", Target("key", "2"))
        clock.advance(1)
        await journal.note(conn, SYSTEM, "key.revoke", Target("key", "9"))
        clock.advance(1)
        await journal.note(conn, max_, "user.change", Target("user", "9"))
        clock.advance(1)
        await journal.note(conn, max_, "sign_in.password", outcome=Outcome.refused)
    if wanted.from_ms is not None:
        wanted = Filter(from_ms=base + 2000, to_ms=base + 4000)
    async with database.read() as conn:
        assert [row.seq for row in await store.list_rows(conn, wanted, before_seq=None, limit=10)] == found
        older = await store.list_rows(conn, wanted, before_seq=4, limit=2)
        assert [row.seq for row in older] == [seq for seq in found if seq < 4][:2]
