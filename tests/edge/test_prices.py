"""Where calls are priced, answers say what they cost, exactly as it is recorded (contract 2.3 to 2.5, 5.6)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from asyncio import StreamWriter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.money import read_rate
from aigne_hub.catalog.entries import Tariff
from aigne_hub.catalog.rates import store as rate_store
from aigne_hub.catalog.rates.entries import RateDraft
from aigne_hub.dialects.call import Kind
from aigne_hub.usage.records import CallRecord, Source, Status
from tests.databases import fresh_sqlite
from tests.dialects.chats import PIXEL
from tests.edge.films import HastyClock, Studio
from tests.environment import environment
from tests.prices import rate, switch
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

MESSAGES = [{"role": "user", "content": "hi"}]
# 5000 tokens in, of which 4000 were read from the cache, and 500 out: 0.001 + 0.0004 + 0.002.
CACHED = {
    "prompt_tokens": 5000,
    "completion_tokens": 500,
    "total_tokens": 5500,
    "prompt_tokens_details": {"cached_tokens": 4000},
}
CREDITS, NANO_CREDITS = 0.0034, 3_400_000


@pytest.fixture
async def priced(hub: RunningHub) -> RunningHub:
    await rate(hub, "m")
    await switch(hub)
    return hub


def native(*, streaming: bool = False, **input: Any) -> dict[str, Any]:
    options = {"streaming": streaming}
    return {"input": {"messages": MESSAGES, "modelOptions": {"model": "up/m"}, **input}, "options": options}


async def one(hub: RunningHub) -> CallRecord:
    return await hub.call()


def events(text: str) -> list[Any]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def answering(usage: dict[str, Any], *, is_stream: bool) -> Any:
    if not is_stream:
        return whole({**COMPLETION, "usage": usage})
    chunks = chunks_of(["Hel", "lo"])
    return streamed(events_of([*chunks[:-1], {**chunks[-1], "usage": usage}]))


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_native_chat_says_what_it_cost(priced: RunningHub, upstream: Upstream, *, is_stream: bool) -> None:
    upstream.script = answering(CACHED, is_stream=is_stream)
    answer = await priced.ask(native(streaming=is_stream), path="/api/v2/chat")
    usage = events(answer.text)[-1]["delta"]["json"]["usage"] if is_stream else answer.json()["usage"]
    record = await one(priced)
    assert usage == {
        "inputTokens": 1000,
        "outputTokens": 500,
        "cacheReadInputTokens": 4000,
        "aigneHubCredits": CREDITS,
        "modelCallId": str(record.id),
        "creditPrefix": "$",
    }
    assert record.credits == NANO_CREDITS


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])
async def test_a_hybrid_chat_says_what_it_cost(
    priced: RunningHub, upstream: Upstream, dialect: str, *, is_stream: bool
) -> None:
    """Whatever the provider speaks."""
    if dialect == "anthropic_messages":
        async with priced.house.database.write() as conn:
            await priced.house.providers.change_provider(conn, SYSTEM, priced.provider.id, dialects=[dialect])
        await priced.catch_up()
        upstream.script = _claude(is_stream=is_stream)
    else:
        upstream.script = answering(CACHED, is_stream=is_stream)
    body = {"model": "m", "messages": MESSAGES, "stream": is_stream, "max_tokens": 9}
    answer = await priced.ask(body, path="/api/v2/chat/completions")
    usage = next(one["usage"] for one in events(answer.text) if "usage" in one) if is_stream else answer.json()["usage"]
    record = await one(priced)
    assert (usage["aigneHubCredits"], usage["creditPrefix"]) == (CREDITS, "$")
    assert (usage["modelCallId"], record.credits) == (str(record.id), NANO_CREDITS)
    if is_stream:
        assert answer.text.endswith("data: [DONE]\n\n")


def _claude(*, is_stream: bool) -> Any:
    usage = {"input_tokens": 1000, "cache_read_input_tokens": 4000, "output_tokens": 500}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "end_turn"}
    content = [{"type": "text", "text": "Hello"}]
    if not is_stream:
        return whole({**message, "content": content, "usage": usage})
    said: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "usage": {**usage, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 500}},
        {"type": "message_stop"},
    ]
    return streamed([f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in said])


@pytest.mark.parametrize("is_stream", [False, True])
async def test_an_answer_in_its_own_dialect_is_not_touched_and_priced_all_the_same(
    priced: RunningHub, upstream: Upstream, *, is_stream: bool
) -> None:
    upstream.script = answering(CACHED, is_stream=is_stream)
    body = {"model": "up/m", "messages": MESSAGES, "stream": is_stream, "stream_options": {"include_usage": True}}
    answer = await priced.ask(body)
    assert "aigneHubCredits" not in answer.text and "modelCallId" not in answer.text
    if not is_stream:
        assert answer.json() == {**COMPLETION, "usage": CACHED}
    assert (await one(priced)).credits == NANO_CREDITS


async def test_nothing_is_priced_while_that_is_off(hub: RunningHub, upstream: Upstream) -> None:
    await rate(hub, "m")
    await hub.catch_up()
    upstream.script = answering(CACHED, is_stream=False)
    usage = (await hub.ask(native(), path="/api/v2/chat")).json()["usage"]
    assert "aigneHubCredits" not in usage and "creditPrefix" not in usage
    assert (await one(hub)).credits is None


async def test_an_empty_prefix_is_left_out(priced: RunningHub) -> None:
    """The published client refuses an empty one."""
    await switch(priced, prefix="")
    usage = (await priced.ask(native(), path="/api/v2/chat")).json()["usage"]
    assert usage["aigneHubCredits"] == 0.000024
    assert "creditPrefix" not in usage


async def test_a_model_without_a_rate_is_not_called(priced: RunningHub, upstream: Upstream) -> None:
    for model in ("up/other", "other"):
        refused = await priced.ask({"model": model, "messages": MESSAGES})
        assert refused.status_code == 400
        error = refused.json()["error"]
        assert (error["message"], error["param"]) == (f"Unsupported model {model}", "model")
    embedding = await priced.ask({"model": "up/m", "input": "x"}, path="/v1/embeddings")
    assert embedding.json()["error"]["message"] == "Unsupported model up/m"
    status = await priced.http.get("/api/v2/status?model=up/other")
    assert status.json() == {"available": False, "error": "Unsupported model up/other", "code": 400}
    assert (await priced.http.get("/api/v2/status?model=up/m")).json() == {"available": True}
    assert upstream.asked == []


async def test_what_has_a_rate_is_listed_with_it(priced: RunningHub) -> None:
    await rate(priced, "e", Kind.embedding, input="0.00000002", output="0")
    await rate(priced, "m", Kind.image, input="0", output="0.04")
    await priced.catch_up()
    listed = (await priced.http.get("/api/ai/models")).json()
    shown = [
        (one["key"], one["type"], one["input_credits_per_token"], one["output_credits_per_token"]) for one in listed
    ]
    assert shown == [
        ("up/e", "embedding", "0.00000002", "0"),
        ("up/m", "chat", "0.000001", "0.000004"),
        ("up/m", "image", "0", "0.04"),
    ]
    assert listed[0]["status"] == {"available": True}
    names = (await priced.http.get("/v1/models", headers=priced.bearer())).json()["data"]
    assert [(one["id"], one["input_credits_per_token"]) for one in names] == [
        ("up/e", "0.00000002"),
        ("up/m", "0.000001"),
    ]
    by_name = (await priced.http.get("/api/ai-providers/chat/models?type=chat")).json()
    assert [(one["model"], [rate["outputRate"] for rate in one["rates"]]) for one in by_name] == [("m", ["0.000004"])]


async def test_a_call_has_the_rate_that_was_in_force_when_it_began(priced: RunningHub, upstream: Upstream) -> None:
    async def change(asked: Asked, writer: StreamWriter) -> None:
        async with priced.house.database.write() as conn:
            (old,) = await rate_store.list_rates(conn)
            dear = RateDraft("m", Kind.chat, Tariff(read_rate("1"), read_rate("1")))
            await priced.house.rates.change(conn, SYSTEM, old, dear)
        await priced.catch_up()
        await answering(CACHED, is_stream=False)(asked, writer)

    upstream.script = change
    first = (await priced.ask(native(), path="/api/v2/chat")).json()["usage"]
    upstream.script = answering(CACHED, is_stream=False)
    second = (await priced.ask(native(), path="/api/v2/chat")).json()["usage"]
    assert (first["aigneHubCredits"], second["aigneHubCredits"]) == (CREDITS, 5500)
    assert [call.credits for call in await priced.calls()] == [NANO_CREDITS, 5500 * 10**9]


async def test_a_call_that_made_nothing_costs_nothing(priced: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole({"error": {"message": "no"}}, status=500)
    assert (await priced.ask()).status_code == 502
    upstream.script = streamed(events_of(chunks_of([]), done=False)[:1], ends=False)
    assert "upstream_broken" in (await priced.ask({"model": "m", "messages": MESSAGES, "stream": True})).text
    calls = await priced.calls()
    assert [(call.status, call.credits, call.usage.total) for call in calls] == [(Status.failed, 0, 0)] * 2


async def test_a_call_whose_provider_tells_no_usage_costs_what_is_estimated(
    priced: RunningHub, upstream: Upstream
) -> None:
    upstream.script = whole({name: value for name, value in COMPLETION.items() if name != "usage"})
    assert (await priced.ask()).status_code == 200
    (call,) = await priced.calls()
    assert (call.status, call.usage_source) == (Status.success, Source.estimated)
    assert call.usage.input and call.usage.output and call.credits


async def test_a_stream_that_breaks_off_costs_what_its_provider_counted(priced: RunningHub, upstream: Upstream) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hello"]), done=False))
    answer = await priced.ask({"model": "m", "messages": MESSAGES, "stream": True}, path="/api/v2/chat/completions")
    record = await one(priced)
    assert (record.status, record.credits) == (Status.failed, 24_000)
    assert [one["usage"]["aigneHubCredits"] for one in events(answer.text) if "usage" in one] == [0.000024]


async def test_pictures_cost_what_their_number_says(priced: RunningHub, upstream: Upstream) -> None:
    await rate(priced, "gpt-image-1", Kind.image, input="0.00001", output="0.04")
    await priced.catch_up()
    made = {"created": 1, "data": [{"b64_json": PIXEL}] * 2, "usage": {"input_tokens": 9, "output_tokens": 4000}}
    upstream.script = whole(made)
    body = {"input": {"prompt": "a cat", "n": 2, "modelOptions": {"model": "up/gpt-image-1"}}}
    native_usage = (await priced.ask(body, path="/api/v2/image")).json()["usage"]
    legacy = {"model": "gpt-image-1", "prompt": "a cat", "n": 2}
    legacy_usage = (await priced.ask(legacy, path="/api/v2/image/generations")).json()["usage"]
    assert (native_usage["inputTokens"], native_usage["aigneHubCredits"]) == (9, 0.08009)
    assert (legacy_usage["aigneHubCredits"], legacy_usage["creditPrefix"]) == (0.08009, "$")
    assert [call.credits for call in await priced.calls()] == [80_090_000] * 2


async def test_native_vectors_say_what_they_cost(priced: RunningHub, upstream: Upstream) -> None:
    await rate(priced, "e", Kind.embedding, input="0.00000002", output="0")
    await priced.catch_up()
    vector = {"object": "embedding", "index": 0, "embedding": [0.5]}
    upstream.script = whole({"object": "list", "data": [vector], "usage": {"prompt_tokens": 8, "total_tokens": 8}})
    body = {"input": {"input": "hi", "modelOptions": {"model": "up/e"}}}
    usage = (await priced.ask(body, path="/api/v2/embeddings")).json()["usage"]
    assert (usage["inputTokens"], usage["aigneHubCredits"]) == (8, 0.00000016)
    assert (await one(priced)).credits == 160


@pytest.fixture
async def hasty(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> AsyncIterator[RunningHub]:
    """A hub for which waiting takes no time, with a rate for films."""
    settings = settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path, total_s=600.0)
    async with running_hub(settings, upstream, clock=HastyClock()) as hub:
        upstream.script = Studio()
        await rate(hub, "sora-2", Kind.video, input="0", output="0.1")
        await switch(hub)
        yield hub


async def test_films_cost_what_their_seconds_say(hasty: RunningHub, upstream: Upstream) -> None:
    body = {"input": {"prompt": "a cat", "seconds": "8", "modelOptions": {"model": "up/sora-2"}}}
    usage = (await hasty.ask(body, path="/api/v2/video")).json()["usage"]
    assert (usage["aigneHubCredits"], usage["creditPrefix"]) == (0.8, "$")
    begun = await hasty.ask({"model": "up/sora-2", "prompt": "a cat", "seconds": "4"}, path="/v1/videos")
    assert "aigneHubCredits" not in begun.json()
    again = await hasty.ask({"prompt": "a dog"}, path=f"/v1/videos/{begun.json()['id']}/remix")
    assert again.status_code == 200, again.text
    assert [call.credits for call in await hasty.calls()] == [800_000_000, 400_000_000, 400_000_000]
    unknown = await hasty.ask({"input": {"prompt": "x", "model": "up/sora-3"}}, path="/api/v2/video")
    assert unknown.json()["error"]["message"] == "Unsupported model up/sora-3"


async def test_counting_tokens_costs_nothing_and_needs_the_rate_of_a_chat(
    priced: RunningHub, upstream: Upstream
) -> None:
    body = {"model": "up/m", "messages": MESSAGES}
    assert (await priced.ask(body, path="/v1/messages/count_tokens")).status_code == 200
    assert (await priced.ask({**body, "model": "up/x"}, path="/v1/messages/count_tokens")).status_code == 400
    assert (await one(priced)).credits == 0


async def test_every_worker_knows_another_rate_within_a_second(priced: RunningHub) -> None:
    async with priced.house.database.write() as conn:
        (old,) = await rate_store.list_rates(conn)
        await priced.house.rates.change(
            conn, SYSTEM, old, replace(RateDraft("m", Kind.chat, old.tariff), tariff=Tariff(0, 0))
        )

    async def shown() -> str:
        listed = (await priced.http.get("/api/ai/models")).json()
        return str(listed[0]["input_credits_per_token"])

    async with asyncio.timeout(10):
        while await shown() != "0":
            await asyncio.sleep(0.02)


async def test_on_both_databases(hub_on_both: RunningHub, upstream: Upstream) -> None:
    hub = hub_on_both
    await rate(hub, "m")
    await switch(hub)
    upstream.script = answering(CACHED, is_stream=True)
    answer = await hub.ask(native(streaming=True), path="/api/v2/chat")
    assert events(answer.text)[-1]["delta"]["json"]["usage"]["aigneHubCredits"] == CREDITS
    assert (await one(hub)).credits == NANO_CREDITS
    mine = (await hub.http.get("/api/user/model-calls", headers=hub.bearer())).json()["list"]
    assert [call["credits"] for call in mine] == [CREDITS]


async def test_the_guide_s_example_runs(hub: RunningHub, upstream: Upstream, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/guide/rates.md").read_text()
    script = page.partition("```bash\n")[2].partition("```")[0].replace("local/smollm2-135m-instruct", "up/m")
    upstream.script = answering(CACHED, is_stream=False)
    known = {
        **environment(
            url=hub.url, key=hub.owner_key, database_url=hub.settings.database, secret_key=bytes(range(32)).hex()
        ),
        "PATH": f"{Path(sys.executable).parent}:{environment()['PATH']}",
    }

    def follow() -> subprocess.CompletedProcess[str]:
        words = ["bash", "-ec", script]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=known)

    done = await anyio.to_thread.run_sync(follow)
    assert done.returncode == 0, done.stderr[-2000:]
    last = done.stdout.splitlines()[-1]  # what curl printed, both answers in a line
    usage = json.loads(last[json.JSONDecoder().raw_decode(last)[1] :])["usage"]
    assert (usage["aigneHubCredits"], usage["creditPrefix"]) == (CREDITS, "$")
