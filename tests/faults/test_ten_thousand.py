"""Ten thousand retries with idempotency keys at random moments: calls of the provider = keys = charges."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict

import pytest

from aigne_hub.usage.records import Status
from tests.running import RunningHub
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

KEYS = 1000
TRIES = 10
AT_ONCE = 64
SEED = 20251125


async def test_ten_thousand_retries_are_a_thousand_calls(hub: RunningHub, upstream: Upstream) -> None:
    draw = random.Random(SEED)
    lengths = {number: draw.randint(1, 6) for number in range(KEYS)}
    pauses = {number: draw.choice([0, 0, 0.005, 0.03]) for number in range(KEYS)}

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        number = int(asked.json["messages"][0]["content"])
        if not asked.json.get("stream"):
            await asyncio.sleep(pauses[number])
            await whole({**COMPLETION, "id": f"answer-{number}"})(asked, writer)
            return

        async def between(_place: int) -> None:
            await asyncio.sleep(pauses[number] / 4)

        await streamed(events_of(chunks_of([f"{number}."] * lengths[number])), between=between)(asked, writer)

    upstream.script = script
    answers: dict[int, set[bytes]] = defaultdict(set)
    hung_up = 0
    turns = asyncio.Semaphore(AT_ONCE)

    async def call(number: int, patience: int | None) -> None:
        """One try; with `patience` it hangs up after so many pieces."""
        nonlocal hung_up
        body = {"model": "up/m", "messages": [{"role": "user", "content": str(number)}], "stream": number % 2 == 1}
        headers = {**hub.bearer(), "idempotency-key": f"key-{number}"}
        got = b""
        async with turns, hub.http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as answer:
            assert answer.status_code == 200
            async for piece in answer.aiter_raw():
                got += piece
                if patience is not None and (patience := patience - 1) < 0:
                    hung_up += 1
                    return
        answers[number].add(got)

    tries = [number for number in range(KEYS) for _ in range(TRIES)]
    # Half of a key's tries come close to each other, so that they meet while its call runs.
    place = {number: draw.random() for number in range(KEYS)}
    tries.sort(key=lambda number: draw.random() if draw.random() < 0.5 else place[number])
    async with asyncio.timeout(240), asyncio.TaskGroup() as group:
        for number in tries:
            while turns.locked():
                await asyncio.sleep(0.001)
            group.create_task(call(number, draw.randint(0, 3) if draw.random() < 0.2 else None))
            await asyncio.sleep(0)

    calls = await hub.calls()
    assert len(upstream.asked) == KEYS
    assert len(calls) == KEYS
    assert {call.status for call in calls} == {Status.success}
    assert len(answers) == KEYS
    assert all(len(same) == 1 for same in answers.values())
    assert hung_up > KEYS / 4
