"""A caller whose model thinks in silence is sent a sign of life that its own client passes over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from google import genai
from openai import AsyncOpenAI

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.dialects.anthropic_messages.dialect import AnthropicMessages
from aigne_hub.dialects.call import ServedDialect
from aigne_hub.dialects.gemini.dialect import Gemini
from aigne_hub.dialects.native.dialect import Native
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.openai_responses.dialect import OpenAIResponses
from aigne_hub.edge.wire import AsgiReply, Message
from aigne_hub.relay.silence import HEAD_LOOKS, SIGN_LOOKS, Silence
from aigne_hub.usage.records import Status
from tests.running import RunningHub
from tests.upstream import Script, Upstream, chunks_of, events_of, serve_upstream, streamed

pytestmark = pytest.mark.anyio

ASK: dict[str, Any] = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
COMMENT = b": keep-alive\n\n"
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
STREAMS: dict[str, tuple[str, dict[str, Any], bytes]] = {
    "chat": ("/v1/chat/completions", ASK, COMMENT),
    "hybrid": ("/api/v2/chat/completions", ASK, COMMENT),
    "completions": ("/v1/completions", {"model": "up/m", "prompt": "hi", "stream": True}, COMMENT),
    "responses": ("/v1/responses", {"model": "up/m", "input": "hi", "stream": True}, COMMENT),
    "messages": ("/v1/messages", {**ASK, "max_tokens": 9}, PING),
}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigne_hub.relay.silence.LOOK_S", 0.02)


class Steps:
    """A provider that goes on with its next event only when it is let."""

    def __init__(self) -> None:
        self._may = asyncio.Event()
        self.script: Script = streamed(events_of(chunks_of(["Hel", "lo"])), between=self._between)

    def go_on(self) -> None:
        self._may.set()

    async def _between(self, number: int) -> None:
        if number == 2:  # it has said something, and thinks
            await self._may.wait()


async def heard(hub: RunningHub, upstream: Upstream, path: str, body: dict[str, Any], sign: bytes) -> bytes:
    """All that the caller gets of a stream whose provider falls silent until two signs of life have come."""
    steps, said = Steps(), b""
    upstream.script = steps.script
    async with (
        asyncio.timeout(20),
        hub.http.stream("POST", path, json=body, headers=hub.bearer()) as answer,
    ):
        assert answer.status_code == 200
        async for piece in answer.aiter_raw():
            said += piece
            if said.count(sign) >= 2:
                steps.go_on()
    return said


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", STREAMS)
async def test_each_caller_gets_what_its_dialect_has_for_it(hub: RunningHub, upstream: Upstream, name: str) -> None:
    path, body, sign = STREAMS[name]
    said = await heard(hub, upstream, path, body, sign)
    first, second = said.index(b"Hel"), said.rindex(b"lo")
    assert first < said.index(sign) < second
    assert all(part == b"" or part.endswith(b"\n\n") for part in said.split(sign))  # never within an event
    assert (await hub.call()).status is Status.success


@pytest.mark.usefixtures("quick")
async def test_openais_client_reads_a_chat_with_comments_in_it(hub: RunningHub, upstream: Upstream) -> None:
    said = await heard(hub, upstream, *STREAMS["chat"])
    async with replayed(said) as url, AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "hi"}], stream=True
        )
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
    assert text == "Hello"


@pytest.mark.usefixtures("quick")
async def test_openais_client_reads_a_response_with_comments_in_it(hub: RunningHub, upstream: Upstream) -> None:
    said = await heard(hub, upstream, *STREAMS["responses"])
    async with replayed(said) as url, AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:
        stream = await client.responses.create(model="m", input="hi", stream=True)
        events = [event async for event in stream]
    assert "".join([one.delta for one in events if one.type == "response.output_text.delta"]) == "Hello"
    assert events[-1].type == "response.completed"


@pytest.mark.usefixtures("quick")
async def test_anthropics_client_reads_a_message_with_pings_in_it(hub: RunningHub, upstream: Upstream) -> None:
    said = await heard(hub, upstream, *STREAMS["messages"])
    async with (
        replayed(said) as url,
        AsyncAnthropic(base_url=url.removesuffix("/v1"), api_key="k", max_retries=0) as client,
        client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}]) as stream,
    ):
        message = await stream.get_final_message()
    assert [block.text for block in message.content if block.type == "text"] == ["Hello"]


@pytest.mark.usefixtures("quick")
async def test_googles_client_which_takes_no_comment_gets_none(hub: RunningHub, upstream: Upstream) -> None:
    """Two signs would have come to another caller meanwhile, who asks at the same time."""
    steps = Steps()
    upstream.script = steps.script
    options = genai.types.HttpOptions(base_url=hub.url)

    async def asked() -> str:
        async with genai.Client(api_key=hub.member_key, http_options=options).aio as client:
            stream = await client.models.generate_content_stream(model="up/m", contents="hi")
            return "".join([chunk.text or "" async for chunk in stream])

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        google = group.create_task(asked())
        other = group.create_task(_until_signs(hub, 2))
        await other
        steps.go_on()
    assert google.result() == "Hello"


async def _until_signs(hub: RunningHub, count: int) -> None:
    said = b""
    async with hub.http.stream("POST", "/v1/chat/completions", json=ASK, headers=hub.bearer()) as answer:
        async for piece in answer.aiter_raw():
            said += piece
            if said.count(COMMENT) >= count:
                return


@asynccontextmanager
async def replayed(said: bytes) -> AsyncIterator[str]:
    """The address of a server that says just these bytes."""
    async with serve_upstream() as upstream:
        upstream.script = streamed([said])
        yield upstream.url


def test_the_dialects_that_have_no_sign_of_life() -> None:
    served: list[ServedDialect] = [
        OpenAIChat(is_hybrid=False), OpenAIResponses(), OpenAICompletions(), Native(), AnthropicMessages(), Gemini(),
    ]  # fmt: skip
    assert [one.keep_alive for one in served] == [COMMENT] * 4 + [PING, None]


class Line:
    """A reply whose pieces are kept."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.reply = AsgiReply(self._receive, self._send, "r")

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.sent.append(message["body"])


class Looks(Deadlines):
    """Deadlines that pass when they are told to."""

    def __init__(self) -> None:
        super().__init__()
        self.due: dict[int, Callable[[], None]] = {}
        self._count = 0

    def set(self, seconds: float, expire: Callable[[], None]) -> int:
        self._count += 1
        self.due[self._count] = expire
        return self._count

    def drop(self, ticket: int) -> None:
        self.due.pop(ticket, None)

    async def look(self) -> None:
        ((ticket, expire),) = self.due.items()
        del self.due[ticket]
        expire()
        for _ in range(3):
            await asyncio.sleep(0)


async def test_the_head_goes_first_and_then_a_sign_after_each_silence() -> None:
    looks, line = Looks(), Line()
    silence = Silence(looks, line.reply, line.reply.begin_soon, COMMENT)
    for _ in range(HEAD_LOOKS):
        assert not line.reply.has_started
        await looks.look()
    assert line.reply.has_started and line.sent == [b""]
    for _ in range(2 * SIGN_LOOKS):
        await looks.look()
    assert line.sent == [b"", COMMENT, COMMENT]
    await line.reply.send(b"data: x\n\n")
    for _ in range(SIGN_LOOKS):
        await looks.look()
    assert line.sent[-1] == b"data: x\n\n"  # the first of these looks saw that something was said
    await looks.look()
    assert line.sent[-1] == COMMENT
    silence.drop()
    assert not looks.due
    line.reply.close()


async def test_a_sign_that_comes_too_late_is_not_sent() -> None:
    line = Line()
    await line.reply.begin()
    line.reply.send_soon(COMMENT)
    await line.reply.finish(b"data: [DONE]\n\n")
    await asyncio.sleep(0)
    assert line.sent == [b"", b"data: [DONE]\n\n"]
    line.reply.close()
