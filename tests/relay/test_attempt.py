"""One request to a target: what the provider sees, and what its refusal means."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure
from aigne_hub.catalog.limits import ProviderLimits, TargetLimits, Trying
from aigne_hub.outbound import Limits
from aigne_hub.relay import attempt
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio


async def test_the_type_and_the_method_can_be_others(hub: RunningHub, upstream: Upstream) -> None:
    await hub.house.freshness.look()
    target = hub.house.catalog.peek("up/m")
    exchange = await attempt.send(
        hub.house.client, Clock(), Limits(), target, b"/films", b"--b", content_type=b"multipart/form-data; boundary=b"
    )
    exchange.close()
    exchange = await attempt.send(
        hub.house.client, Clock(), Limits(), target, b"/films/1", b"", method=b"GET", extra=((b"range", b"bytes=0-1"),)
    )
    exchange.close()
    first, second = upstream.asked
    assert (first.method, first.path) == ("POST", "/v1/films")
    assert first.headers["content-type"] == "multipart/form-data; boundary=b"
    assert (second.method, second.path, second.headers["range"]) == ("GET", "/v1/films/1", "bytes=0-1")
    assert second.headers["authorization"] == "Bearer sk-upstream-0123456789"


async def test_a_refusal_says_when_to_come_back(hub: RunningHub, upstream: Upstream) -> None:
    await hub.house.freshness.look()
    upstream.script = whole({"error": {"message": "slow down"}}, status=429, headers={"retry-after": "7"})
    exchange = await attempt.send(hub.house.client, Clock(), Limits(), hub.house.catalog.peek("up/m"), b"/x", b"{}")
    try:
        refused = await attempt.refusal(exchange)
    finally:
        exchange.close()
    assert (refused.kind, refused.retry_after, refused.message) == (Failure.throttled, 7, "slow down")


class _Answer:
    """An answer of which only the head is asked."""

    def __init__(self, **head: str) -> None:
        self._head = {name.encode(): value.encode() for name, value in head.items()}

    def header(self, name: bytes) -> bytes | None:
        return self._head.get(name.replace(b"-", b"_"))


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ({}, None),
        ({"retry_after": "0"}, 0),
        ({"retry_after": "120"}, 120),
        ({"retry_after": "99999999"}, 86400),
        ({"retry_after": "9" * 5000}, None),
        ({"retry_after": "-5"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "Fri, 31 Dec 1999 23:59:59 GMT", "date": "Fri, 31 Dec 1999 23:59:29 GMT"}, 30),
        ({"retry_after": "Fri, 31 Dec 1999 23:59:59 GMT", "date": "Sat, 01 Jan 2000 00:00:29 GMT"}, 0),
        ({"retry_after": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
        ({"retry_after": "Fri, 31 Dec 1999 23:59:59 GMT", "date": "Fri, 31 Dec 1999 23:59:29 -0000"}, None),
        ({"retry_after": "Fri, 99 Dec 1999 23:59:59 GMT", "date": "Fri, 31 Dec 1999 23:59:29 GMT"}, None),
    ],
)
def test_when_to_come_back_is_told_in_seconds_or_as_a_time(head: dict[str, str], seconds: int | None) -> None:
    answer: Any = _Answer(**head)
    assert attempt.retry_after(answer) == seconds


@pytest.mark.parametrize("status", [204, 302])
async def test_what_is_neither_a_success_nor_an_error_is_the_provider_s_fault(
    hub: RunningHub, upstream: Upstream, status: int
) -> None:
    upstream.script = whole(b"", status=status, headers={"location": "/elsewhere"})
    answer = await hub.ask()
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_malformed")


async def test_what_was_said_of_a_provider_goes_before_the_limits_of_the_hub(hub: RunningHub) -> None:
    await hub.house.freshness.look()
    target, limits = replace(hub.house.catalog.peek("up/m"), limits=None), Limits()
    assert attempt.limits_for(target, limits) is limits
    own = TargetLimits(Trying(connect_s=1.0, total_s=20.0))
    assert attempt.limits_for(replace(target, limits=own), limits) == replace(limits, connect_s=1.0, total_s=20.0)
    own = TargetLimits(Trying(first_byte_s=2.0, idle_s=3.0))
    assert attempt.limits_for(replace(target, limits=own), limits) == replace(limits, first_byte_s=2.0, idle_s=3.0)


async def limit(hub: RunningHub, limits: ProviderLimits) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(conn, SYSTEM, hub.provider.id, limits=limits)
    await hub.catch_up()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}),
        ("/v1/responses/input_tokens", {"model": "up/m", "input": "hi"}),
    ],
)
async def test_a_provider_has_the_time_that_was_said_of_its_model(
    hub: RunningHub, upstream: Upstream, path: str, body: dict[str, Any]
) -> None:
    async with hub.house.database.write() as conn:
        await hub.house.providers.change_provider(
            conn, SYSTEM, hub.provider.id, dialects=["openai_chat", "openai_responses"]
        )
    await limit(hub, ProviderLimits(models={"m": Trying(first_byte_s=0.3)}))

    async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    upstream.script = hang
    answer = await hub.ask(body, path=path)
    assert answer.status_code == 504
    assert "did not answer within 0.3 s" in answer.text
    assert "did not answer within 0.3 s" in ((await hub.call()).error or "")
