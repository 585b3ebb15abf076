"""Refusals in the journal, and that nobody can fill it with them."""

from __future__ import annotations

import pytest

from aigne_hub.audit import store
from aigne_hub.audit.records import Filter, Outcome
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_who_is_refused_often_is_noted_only_so_often(hub: RunningHub) -> None:
    for _ in range(40):
        assert (await hub.http.get("/api/ai-providers", headers=hub.bearer())).status_code == 403
    async with hub.house.database.read() as conn:
        rows = await store.list_rows(conn, Filter(outcome=Outcome.refused), before_seq=None, limit=100)
        assert (await hub.house.journal.verify(conn)).first_bad is None
    assert len(rows) == 30


async def test_an_unknown_key_is_not_noted(hub: RunningHub) -> None:
    """Anybody can send one; the journal tells of those who are known."""
    assert (await hub.http.get("/api/ai-providers", headers=hub.bearer("blocklet-x"))).status_code == 401
    async with hub.house.database.read() as conn:
        assert not await store.list_rows(conn, Filter(outcome=Outcome.refused), before_seq=None, limit=100)
