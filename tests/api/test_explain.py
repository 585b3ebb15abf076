"""What would become of a call: told by the worker that knows, and true of the next call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.relay.two_targets import ERROR, PLAIN, add
from tests.running import RunningHub
from tests.upstream import COMPLETION, Upstream, serve_upstream, whole

pytestmark = pytest.mark.anyio


async def explained(hub: RunningHub, **asked: Any) -> Any:
    answer = await hub.http.post("/api/routing/explain", json=asked, headers=hub.bearer(hub.owner_key))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_is_told_is_what_happens_and_asking_changes_nothing(hub: RunningHub, upstream: Upstream) -> None:
    async with serve_upstream() as second:
        await add(hub, "up2", second)
        for _ in range(4):
            told = [await explained(hub, model="m") for _ in range(3)]
            assert told[0] == told[1] == told[2]
            assert told[0]["isEdited"] is False and told[0]["problem"] is None
            (first, other) = told[0]["attempts"]
            assert first["reason"] == "its turn" and other["reason"] == "when those before it fail"
            assert {first["credential"], other["credential"]} == {"first", "own"}
            answer = await hub.ask(PLAIN)
            assert answer.headers["x-hub-provider"] == first["provider"]


async def test_who_is_left_out_is_told_with_the_reason(hub: RunningHub, upstream: Upstream) -> None:
    async with serve_upstream() as second:
        await add(hub, "up2", second)
        targets = [
            {"target": "up/m", "weight": 3},
            {"target": "up2/m", "when": {"stream": True}},
            {"target": "up/other", "weight": 0},
            {"target": "gone/m"},
        ]
        path = "/api/routing/routes/smart"
        made = await hub.http.put(path, json={"tiers": [{"targets": targets}]}, headers=hub.bearer(hub.owner_key))
        assert made.status_code == 200
        await hub.catch_up()
        told = await explained(hub, model="smart")
        assert [(one["provider"], one["weight"], one["reason"]) for one in told["attempts"]] == [
            ("up", 3, "its turn by weight")
        ]
        reasons = {one["target"]: one["reason"] for one in told["leftOut"]}
        assert reasons["up2/m"] == "it is for streams" and reasons["up/other"] == "its weight is 0"
        assert reasons["gone/m"].startswith("No available provider")
        assert [one["provider"] for one in (await explained(hub, model="smart", stream=True))["attempts"]] == [
            "up",
            "up2",
        ]
        upstream.script = whole(ERROR, 429, {"retry-after": "60"})
        second.script = whole(ERROR, 429, {"retry-after": "60"})
        await hub.ask({**PLAIN, "model": "smart"})
        told = await explained(hub, model="smart")
        assert told["attempts"] == [] and "for now" in told["problem"]
        assert "its provider wants no calls of it: not used for" in told["leftOut"][1]["reason"]
        for provider in (upstream, second):
            provider.script = whole(COMPLETION)


async def test_a_narrowed_key_and_a_model_that_is_unfit_are_seen(hub: RunningHub) -> None:
    made = await hub.http.post(
        "/api/access-keys", json={"name": "k", "models": ["other"]}, headers=hub.bearer(hub.owner_key)
    )
    told = await explained(hub, model="up/m", key=made.json()["id"])
    assert (told["attempts"], told["leftOut"][0]["reason"]) == ([], "the key may not call it")
    told = await explained(hub, model="up/text-embedding-3-small")
    assert (told["attempts"], "answers no chats" in told["leftOut"][0]["reason"]) == ([], True)


async def test_what_nobody_serves_has_a_problem_and_a_bad_question_is_refused(hub: RunningHub) -> None:
    told = await explained(hub, model="gpt-nobody")
    assert told["attempts"] == [] and "No available provider" in told["problem"]
    for asked in ({"model": "m", "key": "1"}, {"model": "m", "body": {"messages": 1}}, {"model": "m", "mdoel": 1}):
        answer = await hub.http.post("/api/routing/explain", json=asked, headers=hub.bearer(hub.owner_key))
        assert answer.status_code in (400, 404), answer.text
