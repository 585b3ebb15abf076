"""Routes over the API, and the calls that follow them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.relay.two_targets import ERROR, PLAIN, add
from tests.running import RunningHub
from tests.upstream import COMPLETION, Asked, Upstream, serve_upstream, whole

pytestmark = pytest.mark.anyio

SMART = {**PLAIN, "model": "smart"}


async def manage(hub: RunningHub, method: str, model: str, body: Any = None) -> httpx.Response:
    path = f"/api/routing/routes/{model}" if model else "/api/routing/routes"
    return await hub.http.request(method, path, json=body, headers=hub.bearer(hub.owner_key))


def tiers(*targets: Any) -> dict[str, Any]:
    return {"tiers": [{"targets": [{"target": one} if isinstance(one, str) else one]} for one in targets]}


async def answered(hub: RunningHub, body: dict[str, Any], **headers: str) -> str:
    """Who answers; what was just changed is followed within a second."""
    answer = await hub.ask(body, **headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-hub-provider"]


async def test_a_route_is_made_followed_changed_and_removed(hub: RunningHub, upstream: Upstream) -> None:
    assert (await hub.ask(SMART)).status_code == 400
    async with serve_upstream() as second:
        await add(hub, "up2", second)
        made = await manage(hub, "PUT", "smart", tiers("up2/m", "up/m"))
        assert made.status_code == 200, made.text
        assert (made.json()["leftOut"], made.json()["tiers"][0]["strategy"]) == ([], "weighted")
        async with asyncio.timeout(10):
            while (await hub.ask(SMART)).status_code != 200:
                await asyncio.sleep(0.02)
        assert {await answered(hub, SMART) for _ in range(4)} == {"up2"}
        listed = (await hub.http.get("/v1/models", headers=hub.bearer())).json()["data"]
        assert [one["owned_by"] for one in listed if one["id"] == "smart"] == ["up2"]
        second.script = whole(ERROR, 500)
        answer = await hub.ask(SMART)
        assert (answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == ("up", "2")
        second.script = whole(COMPLETION)
        body = {"tiers": [{"targets": [{"target": "up/m"}, {"target": "up2/m", "weight": 0}], "sticky": True}]}
        assert (await manage(hub, "PUT", "smart", body)).status_code == 200
        await hub.catch_up()
        assert {await answered(hub, SMART) for _ in range(4)} == {"up"}
        (listed,) = (await manage(hub, "GET", "")).json()
        assert listed == (await manage(hub, "GET", "smart")).json()
        assert (listed["model"], [aim["weight"] for aim in listed["tiers"][0]["targets"]]) == ("smart", [1, 0])
        assert (await manage(hub, "DELETE", "smart")).status_code == 200
        await hub.catch_up()
        assert (await hub.ask(SMART)).status_code == 400
        assert (await manage(hub, "GET", "smart")).status_code == 404


async def test_conditions_choose_by_the_call_and_its_tags(hub: RunningHub, upstream: Upstream) -> None:
    async with serve_upstream() as second:
        await add(hub, "up2", second)
        for when, changes, headers in (
            ({"tags": ["batch"]}, {}, {"x-hub-tags": "slow, batch"}),
            ({"minBytes": 2000}, {"user": "u" * 2000}, {}),
            ({"tools": True}, {"tools": [{"type": "function", "function": {"name": "f"}}]}, {}),
        ):
            body = {"tiers": [{"targets": [{"target": "up2/m", "weight": 1000, "when": when}, {"target": "up/m"}]}]}
            assert (await manage(hub, "PUT", "smart", body)).status_code == 200
            await hub.catch_up()
            assert await answered(hub, {**SMART, **changes}, **headers) == "up2", when
            assert await answered(hub, SMART, **{"x-hub-tags": "slow"}) == "up", when
        alone = tiers({"target": "up/m", "when": {"keys": ["1"]}})
        assert (await manage(hub, "PUT", "smart", alone)).status_code == 200
        await hub.catch_up()
        refused = await hub.ask(SMART)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_target")


async def test_a_conversation_stays_where_it_was_answered(hub: RunningHub, upstream: Upstream) -> None:
    async with serve_upstream() as second:
        await add(hub, "up2", second)
        body = {"tiers": [{"targets": [{"target": "up/m"}, {"target": "up2/m"}], "sticky": True}]}
        assert (await manage(hub, "PUT", "smart", body)).status_code == 200
        await hub.catch_up()
        first = {"role": "user", "content": "once upon a time " * 300}
        turns = [first]
        at = await answered(hub, {**SMART, "messages": turns})
        for said in ("and", "then"):
            turns = [*turns, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": said}]
            assert await answered(hub, {**SMART, "messages": turns}) == at
        assert len({await answered(hub, SMART) for _ in range(4)}) == 2  # what is short is warm nowhere


async def test_what_became_unusable_is_503_and_says_what_is_missing(hub: RunningHub) -> None:
    assert (await manage(hub, "PUT", "smart", tiers("up/m"))).status_code == 200
    path = f"/api/ai-providers/{hub.provider.id}"
    changed = await hub.http.put(path, json={"enabled": False}, headers=hub.bearer(hub.owner_key))
    assert changed.status_code == 200
    await hub.catch_up()
    for asked in (SMART, {**SMART, "stream": True}):
        answer = await hub.ask(asked)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_target")
        assert "up/m: Provider 'up' is not available" in answer.json()["error"]["message"]
    (listed,) = (await manage(hub, "GET", "")).json()
    assert [one["target"] for one in listed["leftOut"]] == ["up/m"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"tiers": []}, "tiers"),
        ({"tiers": [{"targets": []}]}, "targets"),
        ({"tiers": [{"targets": [{"target": "up/m", "weight": -1}]}]}, "weight"),
        ({"tiers": [{"targets": [{"target": "up/m", "wieght": 1}]}]}, "wieght"),
        ({"tiers": [{"targets": [{"target": "up/m", "when": {"minBytes": 2, "maxBytes": 1}}]}]}, "at most 1"),
        (tiers("smart"), "a loop of fallbacks"),
        (tiers("nobody/m"), "leads nowhere"),
    ],
)
async def test_a_bad_route_is_refused_with_the_reason_and_not_kept(hub: RunningHub, body: Any, place: str) -> None:
    refused = await manage(hub, "PUT", "smart", body)
    assert refused.status_code == 400
    assert place in refused.text
    assert (await manage(hub, "GET", "")).json() == []


async def test_calls_go_to_who_says_its_first_word_sooner(hub: RunningHub, upstream: Upstream) -> None:
    async with serve_upstream() as second:
        await add(hub, "up2", second)
        body = {"tiers": [{"targets": [{"target": "up/m"}, {"target": "up2/m"}], "strategy": "least_latency"}]}
        assert (await manage(hub, "PUT", "smart", body)).status_code == 200
        await hub.catch_up()

        over = asyncio.Event()

        async def never(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
            await over.wait()

        second.script = never  # until the limit of the first byte: then it counts as that slow
        async with asyncio.timeout(10):
            while not second.asked:
                await answered(hub, SMART)
        assert len(upstream.asked) >= 1
        over.set()
        second.script = whole(COMPLETION)
        assert {await answered(hub, SMART) for _ in range(10)} == {"up"}
