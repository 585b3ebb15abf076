"""Streams on their way: what the caller gets and when, and what is on record if either side breaks off."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from aigne_hub.usage.records import Source, Status
from tests.running import RunningHub
from tests.upstream import Asked, Upstream, chunks_of, events_of, streamed

pytestmark = pytest.mark.anyio

STREAM = {"model": "up/m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


def data_lines(text: str) -> list[str]:
    return [line[6:] for line in text.split("\n") if line.startswith("data: ")]


async def test_a_stream_passes_as_it_came_without_the_usage_nobody_asked_for(
    hub: RunningHub, upstream: Upstream
) -> None:
    events = events_of(chunks_of(["Hel", "lo"]))
    upstream.script = streamed(events)
    answer = await hub.ask(STREAM)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == b"".join(events[:-2]) + b"data: [DONE]\n\n"
    assert upstream.asked[0].json["stream_options"] == {"include_usage": True}
    call = await hub.call()
    assert (call.status, call.usage.input, call.usage.output) == (Status.success, 12, 3)


async def test_a_caller_who_asks_for_usage_gets_the_stream_byte_for_byte(hub: RunningHub, upstream: Upstream) -> None:
    events = events_of(chunks_of(["Hel", "lo"]))
    upstream.script = streamed(events)
    asked = {**STREAM, "stream_options": {"include_usage": True}}
    assert (await hub.ask(asked)).content == b"".join(events)
    assert upstream.asked[0].json == {**asked, "model": "m"}


@pytest.mark.parametrize("size", [1, 2, 7, 100])
async def test_a_stream_split_anywhere_is_the_same_stream(hub: RunningHub, upstream: Upstream, size: int) -> None:
    events = b"".join(events_of(chunks_of(["Hé", "llo"])))
    upstream.script = streamed([events[at : at + size] for at in range(0, len(events), size)])
    answer = await hub.ask({**STREAM, "stream_options": {"include_usage": True}})
    assert answer.content == events
    assert (await hub.call()).usage.output == 3


async def test_the_first_words_arrive_before_the_last_are_said(hub: RunningHub, upstream: Upstream) -> None:
    go_on = asyncio.Event()

    async def wait(number: int) -> None:
        if number == 2:
            await go_on.wait()

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=wait)
    async with hub.http.stream("POST", "/v1/chat/completions", json=STREAM, headers=hub.bearer()) as answer:
        pieces = answer.aiter_bytes()
        first = b""
        while b"Hel" not in first:
            first += await anext(pieces)
        go_on.set()
        rest = b"".join([piece async for piece in pieces])
    assert rest.endswith(b"data: [DONE]\n\n")


async def test_the_record_is_there_before_the_last_event_leaves(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = streamed(events_of(chunks_of(["Hello"])))
    async with hub.http.stream("POST", "/v1/chat/completions", json=STREAM, headers=hub.bearer()) as answer:
        seen = b""
        async for piece in answer.aiter_bytes():
            seen += piece
            if b"[DONE]" in seen:
                (call,) = await hub.calls()
                assert call.status is Status.success
    assert b"[DONE]" in seen


@pytest.mark.parametrize("ends", [True, False])
async def test_a_stream_cut_before_its_end_ends_with_an_error_event(
    hub: RunningHub, upstream: Upstream, ends: bool
) -> None:
    events = events_of(chunks_of(["Hel", "lo"]), done=False)
    upstream.script = streamed([*events[:2], events[2][:20]], ends=ends)
    answer = await hub.ask(STREAM)
    assert answer.status_code == 200
    *said, last = data_lines(answer.text)
    assert json.loads(last)["error"]["code"] == "upstream_broken"
    assert [json.loads(one)["object"] for one in said] == ["chat.completion.chunk"] * 2
    assert "[DONE]" not in answer.text
    call = await hub.call()
    assert (call.status, call.usage_source) == (Status.failed, Source.estimated)


async def test_an_error_within_the_stream_ends_it_with_an_error_event(hub: RunningHub, upstream: Upstream) -> None:
    events = events_of(chunks_of(["Hel"]), done=False)
    upstream.script = streamed([events[0], b'data: {"error":{"message":"overloaded"}}\n\n', b"data: [DONE]\n\n"])
    answer = await hub.ask(STREAM)
    assert "the provider reported an error: overloaded" in json.loads(data_lines(answer.text)[-1])["error"]["message"]
    assert (await hub.call()).status is Status.failed


async def test_a_stream_that_never_ends_is_ended(hub: RunningHub, upstream: Upstream) -> None:
    event = events_of(chunks_of(["more"]), done=False)[1]

    async def endless(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        while not writer.is_closing():
            writer.write(event)
            await writer.drain()
            await asyncio.sleep(0.05)

    upstream.script = endless
    answer = await hub.ask(STREAM)
    assert json.loads(data_lines(answer.text)[-1])["error"]["code"] == "upstream_timeout"
    assert (await hub.call()).status is Status.failed


async def test_a_hung_up_caller_is_recorded_with_what_the_provider_counted(hub: RunningHub, upstream: Upstream) -> None:
    hung_up = asyncio.Event()

    async def wait(number: int) -> None:
        if number == 2:
            await hung_up.wait()
            await asyncio.sleep(0.1)

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=wait)
    await hang_up_after_first_words(hub)
    hung_up.set()
    call = await hub.call()
    assert (call.status, call.usage_source, call.usage.output) == (Status.success, Source.reported, 3)


async def test_a_hung_up_caller_is_not_waited_for_without_end(hub: RunningHub, upstream: Upstream) -> None:
    async def wait(number: int) -> None:
        if number > 2:
            await asyncio.sleep(0.2)

    upstream.script = streamed(events_of(chunks_of(["more"] * 100)), between=wait)
    await hang_up_after_first_words(hub)
    call = await hub.call()
    assert (call.status, call.usage_source) == (Status.failed, Source.estimated)
    assert call.error == "the caller hung up before the end"


async def hang_up_after_first_words(hub: RunningHub) -> None:
    async with (
        httpx.AsyncClient(base_url=hub.url) as http,
        http.stream("POST", "/v1/chat/completions", json=STREAM, headers=hub.bearer()) as answer,
    ):
        async for piece in answer.aiter_bytes():
            assert piece
            break


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_what_was_said_before_an_error_is_the_callers_also_when_both_came_at_once(
    hub: RunningHub, upstream: Upstream, path: str
) -> None:
    said = b"".join(events_of(chunks_of(["Hel", "lo"])[:3], done=False))
    upstream.script = streamed([said + b'data: {"error":{"message":"boom"}}\n\n'])
    text = (await hub.ask({**STREAM, "max_tokens": 5}, path=path)).text
    assert text.index("lo") < text.index("boom")
    assert (await hub.call()).status is Status.failed
