"""What a key may use and call, through the door: the refusal, its headers, and where the key stands."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest

from aigne_hub.access.identity import Limits, Rights, Role, Scope
from aigne_hub.access.limits import Standing
from aigne_hub.audit.records import SYSTEM
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.edge.limits import estimated_tokens, standing_headers
from tests.running import RunningHub
from tests.upstream import Upstream, chunks_of, events_of, streamed

pytestmark = pytest.mark.anyio


async def bearer(hub: RunningHub, **rights: Any) -> dict[str, str]:
    async with hub.house.database.write() as conn:
        made = await hub.house.keys.create(
            conn, SYSTEM, hub.member.id, "narrow", role=Role.member, rights=Rights(**rights)
        )
    return hub.bearer(made.secret)


async def test_a_key_over_its_requests_is_told_when_to_come_back(hub: RunningHub) -> None:
    key = await bearer(hub, limits=Limits(requests_per_minute=2))
    first, second, third = [await hub.ask(**key) for _ in range(3)]
    assert [one.status_code for one in (first, second, third)] == [200, 200, 429]
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert [one.headers["x-ratelimit-remaining-requests"] for one in (first, second, third)] == ["1", "0", "0"]
    assert 1 <= int(third.headers["retry-after"]) <= 61
    assert third.headers["x-ratelimit-reset-requests"] == third.headers["retry-after"] + "s"
    assert third.json()["error"]["code"] == "rate_limit_exceeded"
    assert "x-ratelimit-limit-tokens" not in first.headers
    assert len(await hub.calls()) == 2


async def test_a_strict_key_s_calls_are_strict_whatever_the_header_says(hub: RunningHub, upstream: Upstream) -> None:
    body = {"model": "up/m", "max_tokens": 9, "top_k": 3, "messages": [{"role": "user", "content": "hi"}]}
    key = await bearer(hub, is_strict=True)
    for asked in ("1", "0", ""):
        refused = await hub.ask(body, path="/v1/messages", **key, **{"x-hub-strict": asked})
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_carried"), asked
    assert upstream.asked == []
    lenient = await hub.ask(body, path="/v1/messages", **await bearer(hub))
    assert (lenient.status_code, lenient.headers["x-hub-dropped"]) == (200, "top_k")


async def test_tokens_are_those_the_provider_reported(hub: RunningHub) -> None:
    """The scripted answer uses 15 tokens, whatever was assumed."""
    key = await bearer(hub, limits=Limits(tokens_per_minute=40))
    left = []
    while (answer := await hub.ask(**key)).status_code == 200:
        left.append(answer.headers["x-ratelimit-remaining-tokens"])
    assert answer.status_code == 429
    assert len(left) == 3


async def test_a_stream_counts_as_running_until_its_end(hub: RunningHub, upstream: Upstream) -> None:
    key = await bearer(hub, limits=Limits(concurrency=1))
    gate = asyncio.Event()

    async def wait(_number: int) -> None:
        await gate.wait()

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=wait)
    body = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    running = asyncio.ensure_future(hub.ask(body, **key))
    while not upstream.asked:
        await asyncio.sleep(0.01)
    refused = await hub.ask(**key)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    gate.set()
    assert (await running).status_code == 200
    assert (await hub.ask(body, **key)).status_code == 200


async def test_a_key_calls_only_the_models_it_may_and_sees_no_others(hub: RunningHub, upstream: Upstream) -> None:
    key = await bearer(hub, models=("up/e", "other/*"))
    refused = await hub.ask(**key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_not_allowed")
    assert not upstream.asked
    listed = (await hub.http.get("/v1/models", headers=key)).json()["data"]
    assert [one["id"] for one in listed] == ["up/e"]


async def test_a_key_bound_elsewhere_is_refused_here(hub: RunningHub) -> None:
    key = await bearer(hub, networks=(ip_network("192.0.2.0/24"),))
    refused = await hub.ask(**key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "address_not_allowed")
    spoofed = await hub.ask(**key, **{"x-forwarded-for": "192.0.2.9"})
    assert spoofed.status_code == 403


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [(Scope.inference, (200, 403, 403)), (Scope.models_read, (403, 200, 403)), (Scope.usage_read, (403, 403, 200))],
)
async def test_a_scope_opens_its_doors_alone(hub: RunningHub, scope: Scope, statuses: tuple[int, int, int]) -> None:
    key = await bearer(hub, scopes=frozenset({scope}))
    asked = await hub.ask(**key)
    models = await hub.http.get("/v1/models", headers=key)
    usage = await hub.http.get("/api/user/model-calls", headers=key)
    assert (asked.status_code, models.status_code, usage.status_code) == statuses


def test_a_call_is_assumed_to_use_its_input() -> None:
    assert estimated_tokens(Call(Kind.chat, "m", b"x" * 400)) == 101


def test_without_limits_nothing_is_told() -> None:
    class Free:
        requests: Standing | None = None
        tokens: Standing | None = None

        def end(self, tokens: int | None) -> None: ...

    assert standing_headers(Free()) == []
