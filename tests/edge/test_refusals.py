"""Calls of models that are refused for their key leave a row of the journal, and answers stay quick."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.access.identity import Rights, Role
from aigne_hub.access.identity import Scope as Right
from aigne_hub.audit import store
from aigne_hub.audit.records import SYSTEM, Filter, Outcome, Row
from tests.running import RunningHub
from tests.upstream import Upstream

pytestmark = pytest.mark.anyio


async def refused(hub: RunningHub, count: int) -> list[Row]:
    """The refusals that are noted, oldest first, once there are as many as expected."""
    async with asyncio.timeout(10):
        while True:
            async with hub.house.database.read() as conn:
                rows = await store.list_rows(conn, Filter(outcome=Outcome.refused), before_seq=None, limit=100)
            if len(rows) >= count:
                return list(rows[::-1])
            await asyncio.sleep(0.02)


async def test_wrong_keys_and_rights_are_noted_and_no_key_at_all_is_not(hub: RunningHub, upstream: Upstream) -> None:
    async with hub.house.database.write() as conn:
        narrow = await hub.house.keys.create(
            conn, SYSTEM, hub.member.id, "n", role=Role.member, rights=Rights(models=("up/other",))
        )
        reader = await hub.house.keys.create(
            conn, SYSTEM, hub.member.id, "r", role=Role.member, rights=Rights(scopes=frozenset({Right.models_read}))
        )
    body = {"model": "up/m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
    assert (await hub.http.post("/v1/messages", json=body)).status_code == 401
    for key, status in (("blocklet-x", 401), (narrow.secret, 403), (reader.secret, 403)):
        answer = await hub.http.post("/v1/messages", json=body, headers={**hub.bearer(key), "x-request-id": "r-1"})
        assert answer.status_code == status
    rows = await refused(hub, 3)
    assert [(row.action, row.target.id if row.target else None) for row in rows] == [
        ("access.refuse", "/v1/messages")
    ] * 3
    assert {row.actor.address for row in rows} == {"127.0.0.1"}
    assert {row.actor.request_id for row in rows} == {"r-1"}
    assert upstream.asked == []


async def test_lists_refuse_in_the_journal_too(hub: RunningHub) -> None:
    assert (await hub.http.get("/v1/models", headers=hub.bearer("blocklet-x"))).status_code == 401
    (row,) = await refused(hub, 1)
    assert row.target is not None
    assert row.target.id == "/v1/models"


async def test_nobody_fills_the_journal_with_wrong_keys(hub: RunningHub) -> None:
    for _ in range(40):
        assert (await hub.ask(authorization="Bearer blocklet-x")).status_code == 401
    assert len(await refused(hub, 30)) == 30
