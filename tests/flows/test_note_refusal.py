"""A refusal is noted with its reason, and a database that is away does not make a second error of it."""

from __future__ import annotations

import json

import pytest

from aigne_hub.audit import store
from aigne_hub.audit.records import Actor, Filter, Outcome
from aigne_hub.base.errors import NotAllowed
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_the_reason_the_method_and_the_target_are_noted(hub: RunningHub) -> None:
    error = NotAllowed("no", code="not_yours", refused_as="key.refuse", about=("key", "77"))
    await hub.house.refusals.note(Actor("anyone", address="10.0.0.7"), error, method="DELETE", path="/x\x00")
    async with hub.house.database.read() as conn:
        (row,) = await store.list_rows(conn, Filter(outcome=Outcome.refused), before_seq=None, limit=10)
    assert (row.action, row.actor.address) == ("key.refuse", "10.0.0.7")
    assert row.target is not None
    assert (row.target.kind, row.target.id) == ("key", "77")
    assert json.loads(row.after or "{}") == {"reason": "not_yours", "method": "DELETE"}


async def test_a_database_that_is_away_is_no_second_error(hub: RunningHub) -> None:
    await hub.house.database.close()
    error = NotAllowed("no", refused_as="access.refuse")
    await hub.house.refusals.note(Actor("anyone"), error, method="GET", path="/x")
