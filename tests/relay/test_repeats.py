"""Calls with an Idempotency-Key: made once, attached to while they run, replayed when they ended."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from aigne_hub.access.identity import Rights
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import first_id_at
from aigne_hub.claims import store
from aigne_hub.claims.store import Claim, State
from aigne_hub.usage.records import Source, Status
from tests.running import RunningHub, served_hub
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

PLAIN: dict[str, Any] = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**PLAIN, "stream": True}
KEY = {"idempotency-key": "order-7"}


class Gate:
    """A provider that answers when it is let."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.open = asyncio.Event()

    async def whole(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.began.set()
        await self.open.wait()
        await whole(COMPLETION)(asked, writer)

    def streamed(self, at: int, text: list[str]) -> Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]:
        async def between(number: int) -> None:
            if number == at:
                self.began.set()
                await self.open.wait()

        return streamed(events_of(chunks_of(text)), between=between)


def numbered(text: str) -> list[tuple[int, str]]:
    """The events of a stream: each its id and its data."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block]
    return [(int(lines[0].removeprefix("id: ")), lines[1].removeprefix("data: ")) for lines in blocks]


async def attached(hub: RunningHub, body: Any, **headers: str) -> httpx.Response:
    return await hub.ask(body, **{**KEY, **headers})


async def test_a_repeated_call_gets_the_first_answer_and_is_made_and_recorded_once(
    hub_on_both: RunningHub, upstream: Upstream
) -> None:
    hub = hub_on_both
    first, second = await attached(hub, PLAIN), await attached(hub, PLAIN)
    assert first.content == second.content == json.dumps(COMPLETION).encode()
    assert "idempotent-replayed" not in first.headers
    (call,) = await hub.calls()
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["x-hub-original-call"] == str(call.id) != second.headers["x-request-id"]
    assert second.headers["x-hub-provider"] == first.headers["x-hub-provider"] == "up"
    assert len(upstream.asked) == 1
    assert (call.status, call.usage_source) == (Status.success, Source.reported)


async def test_a_repeated_stream_has_the_same_events(hub_on_both: RunningHub, upstream: Upstream) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    first, second = await attached(hub_on_both, STREAM), await attached(hub_on_both, STREAM)
    assert first.text == second.text
    assert [number for number, _ in numbered(first.text)] == list(range(1, len(numbered(first.text)) + 1))
    assert numbered(first.text)[-1][1] == "[DONE]"
    assert len(upstream.asked) == 1 == len(await hub_on_both.calls())


async def test_the_same_key_with_another_request_is_refused(hub_on_both: RunningHub, upstream: Upstream) -> None:
    hub = hub_on_both
    await attached(hub, PLAIN)
    for body, path in (({**PLAIN, "seed": 1}, "/v1/chat/completions"), (PLAIN, "/api/v2/chat/completions")):
        refused = await hub.ask(body, path=path, **KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    refused = await hub.ask(
        {"model": "up/m", "max_tokens": 9, "messages": PLAIN["messages"]}, path="/v1/messages", **KEY
    )
    assert refused.status_code == 409 and refused.json()["type"] == "error"
    assert len(upstream.asked) == 1


async def test_a_key_is_its_users_alone(hub: RunningHub, upstream: Upstream) -> None:
    await attached(hub, PLAIN)
    own = await hub.http.post("/v1/chat/completions", json=PLAIN, headers={**hub.bearer(hub.owner_key), **KEY})
    assert own.status_code == 200 and "idempotent-replayed" not in own.headers
    assert len(upstream.asked) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "\u00e9"])
async def test_what_is_no_key_is_refused(hub: RunningHub, upstream: Upstream, key: str) -> None:
    headers = {**hub.bearer(), "idempotency-key": key.encode("latin-1")}
    refused = await hub.http.post("/v1/chat/completions", json=PLAIN, headers=headers)  # type: ignore[arg-type]
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_idempotency_key")
    assert not upstream.asked


async def test_repeats_attach_to_a_call_that_runs(hub: RunningHub, upstream: Upstream) -> None:
    gate = Gate()
    upstream.script = gate.whole
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        tasks = [group.create_task(attached(hub, PLAIN)) for _ in range(5)]
        await gate.began.wait()
        tasks += [group.create_task(attached(hub, PLAIN)) for _ in range(5)]
        other = await attached(hub, {**PLAIN, "seed": 1})
        assert other.status_code == 409
        gate.open.set()
    assert {task.result().content for task in tasks} == {json.dumps(COMPLETION).encode()}
    assert sum("idempotent-replayed" not in task.result().headers for task in tasks) == 1
    assert len(upstream.asked) == 1 == len(await hub.calls())


async def test_a_stream_is_attached_to_with_all_that_was_said(hub: RunningHub, upstream: Upstream) -> None:
    gate = Gate()
    upstream.script = gate.streamed(3, ["Hel", "lo", "!"])
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        first = group.create_task(attached(hub, STREAM))
        await gate.began.wait()
        async with hub.http.stream("POST", "/v1/chat/completions", json=STREAM, headers={**hub.bearer(), **KEY}) as two:
            pieces = two.aiter_text()
            text = ""
            while "lo" not in text:  # the first words are there before the last are said
                text += await anext(pieces)
            gate.open.set()
            text += "".join([piece async for piece in pieces])
    assert text == first.result().text
    assert len(upstream.asked) == 1


async def test_a_caller_who_hangs_up_finds_the_answer_later(hub: RunningHub, upstream: Upstream) -> None:
    gate = Gate()
    upstream.script = gate.streamed(2, ["Hel", "lo"])
    async with asyncio.timeout(10):
        task = asyncio.ensure_future(attached(hub, STREAM))
        await gate.began.wait()
        task.cancel()
        gate.open.set()
        again = await attached(hub, STREAM)
    assert numbered(again.text)[-1][1] == "[DONE]"
    assert (await hub.call()).status is Status.success
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("after", [1, 3])
async def test_a_stream_is_resumed_after_the_event_that_came_last(
    hub: RunningHub, upstream: Upstream, after: int
) -> None:
    gate = Gate()
    upstream.script = gate.streamed(4, ["a", "b", "c", "d"])
    async with asyncio.timeout(10):
        headers = {**hub.bearer(), **KEY}
        async with hub.http.stream("POST", "/v1/chat/completions", json=STREAM, headers=headers) as cut:
            seen = ""
            async for piece in cut.aiter_text():
                seen += piece
                if len(numbered(seen)) >= after:
                    break  # the caller is cut off in the middle
        running = asyncio.ensure_future(attached(hub, STREAM, **{"last-event-id": str(after)}))
        await gate.began.wait()
        gate.open.set()
        live = await running
    kept = await attached(hub, STREAM, **{"last-event-id": str(after)})
    complete = numbered((await attached(hub, STREAM)).text)
    assert numbered(live.text) == numbered(kept.text) == complete[after:]
    assert numbered(seen)[:after] + numbered(live.text) == complete
    assert len(upstream.asked) == 1 == len(await hub.calls())


@pytest.mark.parametrize("after", ["99", "x", "-1"])
async def test_a_stream_is_not_resumed_where_it_has_not_been(hub: RunningHub, upstream: Upstream, after: str) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])))
    await attached(hub, STREAM)
    refused = await attached(hub, STREAM, **{"last-event-id": after})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_resumable")


async def test_what_failed_free_is_tried_again(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"error": {"message": "no luck"}}, 400)
    assert (await attached(hub, PLAIN)).status_code == 400
    upstream.script = whole(COMPLETION)
    again = await attached(hub, PLAIN)
    assert again.status_code == 200 and "idempotent-replayed" not in again.headers
    assert [call.status for call in await hub.calls()] == [Status.failed, Status.success]


async def test_what_never_reached_a_provider_lets_its_key_go(hub: RunningHub, upstream: Upstream) -> None:
    refused = await attached(hub, {**PLAIN, "model": "nobody/x"})
    assert refused.status_code in (400, 404)
    assert (await attached(hub, PLAIN)).status_code == 200  # another body, too: nothing was done under the key


async def test_a_stream_that_broke_is_told_again_as_it_was(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hel"]), done=False)[:2], ends=False)
    first, second = await attached(hub, STREAM), await attached(hub, STREAM)
    assert first.text == second.text
    assert json.loads(numbered(first.text)[-1][1])["error"]["code"] == "upstream_broken"
    assert len(upstream.asked) == 1 == len(await hub.calls())


async def test_replays_do_not_count_for_the_limits_of_a_key(hub: RunningHub, upstream: Upstream) -> None:
    limited = {"name": "k", "requestsPerMinute": 1, "tokensPerMinute": 100_000}
    made = await hub.http.post("/api/access-keys", json=limited, headers=hub.bearer())
    bearer = hub.bearer(made.json()["key"])
    answers = [await hub.http.post("/v1/chat/completions", json=PLAIN, headers={**bearer, **KEY}) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert "x-ratelimit-limit-requests" in answers[0].headers
    assert (await hub.http.post("/v1/chat/completions", json=PLAIN, headers=bearer)).status_code == 429


async def test_another_worker_waits_for_the_call_and_replays_it(hub_on_both: RunningHub, upstream: Upstream) -> None:
    hub, gate = hub_on_both, Gate()
    upstream.script = gate.streamed(2, ["Hel", "lo"])
    async with served_hub(hub.settings) as url, httpx.AsyncClient(base_url=url, timeout=20) as there:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            first = group.create_task(attached(hub, STREAM))
            await gate.began.wait()
            headers = {**hub.bearer(), **KEY}
            second = group.create_task(there.post("/v1/chat/completions", json=STREAM, headers=headers))
            await asyncio.sleep(0)
            gate.open.set()
        assert first.result().text == second.result().text
        assert second.result().headers["idempotent-replayed"] == "true"
    assert len(upstream.asked) == 1 == len(await hub.calls())


async def test_an_answer_too_large_to_keep_is_not_made_again(hub: RunningHub, upstream: Upstream) -> None:
    text = "x" * (9 << 20)
    upstream.script = whole(
        {**COMPLETION, "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}
    )
    assert len((await attached(hub, PLAIN)).content) > 9 << 20
    refused = await attached(hub, PLAIN)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "answer_not_kept")
    assert len(upstream.asked) == 1 == len(await hub.calls())


async def test_the_key_of_a_dead_worker_is_let_go(hub: RunningHub, upstream: Upstream) -> None:
    house = hub.house
    await attached(hub, PLAIN)
    async with house.database.read() as conn:
        (call,) = await hub.calls()
        found = await store.find(conn, call.user_id, hashlib.sha256(b"order-7").digest())
    assert found is not None
    (house.lives.folder / "77.lock").touch()  # what a killed process leaves
    async with house.database.write() as conn:
        await store.remove(conn, found)
        dead = Claim(call.user_id, b"d" * 32, b"r" * 32, first_id_at(0), 77, found.created_ms)
        assert await store.add(conn, dead)
    async with asyncio.timeout(10):
        while True:
            async with house.database.read() as conn:
                if await store.find(conn, call.user_id, b"d" * 32) is None:
                    break
            await asyncio.sleep(0.02)
    async with house.database.read() as conn:
        kept = await store.find(conn, call.user_id, found.digest)
    assert kept is not None and kept.state is State.whole


async def test_what_is_kept_is_sealed(hub: RunningHub) -> None:
    answer = (await attached(hub, PLAIN)).content
    digest = hashlib.sha256(b"order-7").digest()
    async with hub.house.database.read() as conn:
        kept = await store.find(conn, hub.member.id, digest)
    assert kept is not None and kept.answer is not None
    place = f"claims.answer:{hub.member.id}/{digest.hex()}"
    assert zlib.decompress(Vault(bytes(range(32))).open(kept.answer, place=place)) == answer


async def test_forms_that_differ_in_their_boundary_alone_are_the_same(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"text": "hello"})
    for _ in range(2):  # httpx draws another boundary for each
        answer = await hub.http.post(
            "/v1/audio/transcriptions",
            files={"file": ("a.mp3", b"ID3 sound")},
            data={"model": "up/w"},
            headers={**hub.bearer(), **KEY},
        )
        assert answer.status_code == 200, answer.text
    assert len(upstream.asked) == 1


async def test_the_page_s_examples_run(hub: RunningHub, upstream: Upstream) -> None:
    page = (Path(__file__).parents[2] / "docs/idempotency.md").read_text()
    examples = [block for block in page.split("\n\n") if block.lstrip().startswith("curl")]
    script = (
        "\n".join(examples).replace("local/smollm2-135m-instruct", "up/m").replace("http://127.0.0.1:3030", hub.url)
    )

    async def either(asked: Asked, writer: asyncio.StreamWriter) -> None:
        is_stream = asked.json.get("stream")
        await (streamed(events_of(chunks_of(["a", "b", "c"]))) if is_stream else whole(COMPLETION))(asked, writer)

    upstream.script = either
    assert len(examples) == 2
    await hub.ask(
        {**STREAM, "messages": [{"role": "user", "content": "Count to ten."}]}, **{"idempotency-key": "order-8"}
    )
    (sent,) = [one.body for one in upstream.asked]
    assert b"Count to ten." in sent
    run = await asyncio.create_subprocess_exec(
        "bash",
        "-ec",
        script,
        env={"HUB_KEY": hub.owner_key, "PATH": os.environ["PATH"]},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await run.communicate()
    assert run.returncode == 0
    assert b'"content": "Hello"' in said
    assert b"id: 4\n" in said and b"id: 3\n" not in said


async def test_who_may_not_call_a_model_gets_no_kept_answer_of_it(hub: RunningHub, upstream: Upstream) -> None:
    async with hub.house.database.write() as conn:
        narrow = await hub.house.keys.create(
            conn, SYSTEM, hub.member.id, "narrow", role=hub.member.role, rights=Rights(models=("up/other",))
        )
    assert (await attached(hub, PLAIN)).status_code == 200
    refused = await attached(hub, PLAIN, authorization=f"Bearer {narrow.secret}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_not_allowed")
    assert (await attached(hub, PLAIN)).headers["idempotent-replayed"] == "true"
    assert len(upstream.asked) == 1
