"""What is known of targets counts at the door: who is shut is not asked, and a head does not wait without end."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.usage.records import Status
from tests.relay.two_targets import ERROR, PLAIN, STREAM, by_request, hang, reset
from tests.running import RunningHub
from tests.upstream import COMPLETION, Asked, Script, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("statuses", "wait"), [((429, 429), "7"), ((401, 401), "5")])
async def test_who_is_known_to_have_nothing_to_offer_is_not_asked_again(
    two: RunningHub, upstream: Upstream, second: Upstream, statuses: tuple[int, int], wait: str
) -> None:
    upstream.script = whole(ERROR, statuses[0], {"retry-after": "30"})
    second.script = whole(ERROR, statuses[1], {"retry-after": "7"})
    await two.ask(PLAIN)
    for body in (PLAIN, STREAM):
        answer = await two.ask(body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_target")
        assert 0 < int(answer.headers["retry-after"]) <= int(wait)
    assert (len(upstream.asked), len(second.asked)) == (1, 1)


@pytest.mark.parametrize("fault", [whole(ERROR, 429), whole(ERROR, 500), whole(ERROR, 502), reset])
async def test_the_only_target_is_asked_whatever_is_guessed_of_it(
    hub: RunningHub, upstream: Upstream, fault: Script
) -> None:
    upstream.script = fault
    for _ in range(6):  # many more than open a circuit
        assert (await hub.ask()).json()["error"]["code"].startswith("upstream_")
    upstream.script = whole(COMPLETION)
    assert (await hub.ask()).status_code == 200


async def test_where_all_are_silent_nobody_waits_for_it_for_long(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = hang
    seen = [(await hub.ask()).json()["error"]["code"] for _ in range(5)]
    assert seen[:3] == ["upstream_timeout"] * 3 and seen[3:] == ["no_target"] * 2
    answer = await hub.ask()
    assert (answer.status_code, int(answer.headers["retry-after"]) <= 5) == (503, True)


async def test_a_model_that_thinks_in_silence_has_its_head_sent(
    two: RunningHub, upstream: Upstream, second: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigne_hub.relay.silence.LOOK_S", 0.05)
    goes_on = asyncio.Event()

    async def think(number: int) -> None:
        if number == 0:
            await goes_on.wait()

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=think)
    async with two.http.stream("POST", "/v1/chat/completions", json=STREAM, headers=two.bearer()) as answer:
        assert (answer.status_code, answer.headers["x-hub-provider"]) == (200, "up")
        assert second.asked == []
        goes_on.set()  # not before the head is here
        said = (await answer.aread()).decode()
    assert "Hel" in said and said.endswith("data: [DONE]\n\n")
    assert (await two.call()).status is Status.success


async def test_who_breaks_after_a_head_was_sent_in_silence_ends_the_stream_with_an_error(
    two: RunningHub, upstream: Upstream, second: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigne_hub.relay.silence.LOOK_S", 0.05)
    breaks = asyncio.Event()

    async def wait_for_the_head(_number: int) -> None:
        await breaks.wait()
        raise ConnectionResetError("gone")

    upstream.script = streamed([b"x"], between=wait_for_the_head)
    async with two.http.stream("POST", "/v1/chat/completions", json=STREAM, headers=two.bearer()) as answer:
        breaks.set()
        said = (await answer.aread()).decode()
    assert '"upstream_broken"' in said
    assert second.asked == []
    assert (await two.call()).status is Status.failed


async def test_of_calls_that_come_at_once_one_is_the_probe_and_nobody_else_waits_for_it(
    hub: RunningHub, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigne_hub.relay.circuit.FIRST_PAUSE_S", 0.0)  # it half-opens at once
    upstream.script = hang
    for _ in range(3):
        await hub.ask()
    others = asyncio.Event()

    async def wait(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await others.wait()
        await whole(COMPLETION)(asked, writer)

    upstream.script = wait
    calls = [asyncio.ensure_future(hub.ask()) for _ in range(50)]
    async with asyncio.timeout(10):
        for number, call in enumerate(asyncio.as_completed(calls), start=1):
            assert (await call).status_code == (503 if number < 50 else 200)
            if number == 49:
                others.set()
    assert len(upstream.asked) == 4


async def test_a_target_that_another_call_probes_meanwhile_is_passed_over(
    two: RunningHub, upstream: Upstream, second: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigne_hub.relay.circuit.FIRST_PAUSE_S", 0.0)
    second.script = hang
    for _ in range(3):
        await two.ask({**PLAIN, "model": "up2/m"})
    is_probed, has_failed = asyncio.Event(), asyncio.Event()

    async def probed(asked: Asked, writer: asyncio.StreamWriter) -> None:
        is_probed.set()
        await has_failed.wait()
        await whole(COMPLETION)(asked, writer)

    async def fail_once_probed(asked: Asked, writer: asyncio.StreamWriter) -> None:
        is_planned.set()
        await is_probed.wait()
        await whole(ERROR, 500)(asked, writer)

    is_planned = asyncio.Event()
    upstream.script, second.script = fail_once_probed, probed
    async with asyncio.timeout(10):
        planned = asyncio.ensure_future(two.ask(PLAIN))
        await is_planned.wait()
        probe = asyncio.ensure_future(two.ask({**PLAIN, "model": "up2/m"}))
        assert (await planned).json()["error"]["code"] == "upstream_overloaded"
        has_failed.set()
        assert (await probe).status_code == 200
    assert len(second.asked) == 4


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "streamed"])
async def test_who_is_back_is_asked_before_all_is_lost_though_its_circuit_is_open(
    two: RunningHub, upstream: Upstream, second: Upstream, body: dict[str, object]
) -> None:
    """One dies, and when it is back and nobody knows of it yet, the other one dies."""
    upstream.script, second.script = reset, by_request
    for _ in range(6):
        assert (await two.ask(body)).headers["x-hub-provider"] == "up2"
    assert len(upstream.asked) == 3  # then its circuit is open
    upstream.script, second.script = by_request, reset
    answer = await two.ask(body)
    assert (answer.status_code, answer.headers["x-hub-provider"], answer.headers["x-hub-attempts"]) == (200, "up", "2")
