"""Explaining is bounded, and tells of what no call can show at the door."""

from __future__ import annotations

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.errors import BadRequest, NotFound
from aigne_hub.relay.explain import MOST_TOLD, Question
from tests.running import RunningHub

pytestmark = pytest.mark.anyio


async def test_of_many_credentials_five_are_tried_and_not_all_others_are_told(hub: RunningHub) -> None:
    async with hub.house.database.write() as conn:
        for number in range(MOST_TOLD + 20):
            value = {"api_key": f"sk-many-{number}-0123456789"}
            await hub.house.providers.add_credential(conn, SYSTEM, hub.provider.id, f"n{number}", value)
    await hub.house.freshness.look()
    async with hub.house.database.read() as conn:
        report = await hub.house.explainer.explain(conn, Question("up/m"))
    assert (len(report.attempts), len(report.left_out)) == (5, MOST_TOLD)
    reasons = [one.reason for one in report.left_out]
    assert reasons.count("behind the 5 attempts that a call has") == 11
    assert reasons[-1] == "behind the 16 that are planned"


async def test_a_question_is_of_a_chat_and_of_a_key_that_there_is(hub: RunningHub) -> None:
    await hub.house.freshness.look()
    async with hub.house.database.read() as conn:
        with pytest.raises(BadRequest):
            await hub.house.explainer.explain(conn, Question("up/m", body={"messages": "x"}))
        with pytest.raises(NotFound):
            await hub.house.explainer.explain(conn, Question("up/m", key_id=1))
        passed = await hub.house.explainer.explain(conn, Question("gpt-5", has_tools=False, body={"tools": []}))
    assert passed.problem is not None
