"""Callers who hang up: for how long their provider is read on, and what is on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from aigne_hub.base.hangup import read_drain
from aigne_hub.usage.records import Source, Status
from tests.databases import fresh_sqlite
from tests.relay.two_targets import attempts
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import COMPLETION, Asked, Upstream, chunks_of, events_of, streamed, whole

pytestmark = pytest.mark.anyio

PLAIN: dict[str, object] = {"model": "up/m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**PLAIN, "stream": True}


@asynccontextmanager
async def hub_that(template: Path, folder: Path, upstream: Upstream, on_hangup: str) -> AsyncIterator[RunningHub]:
    """A hub whose providers may be slow; what they fell silent for is not what ends a call here."""
    settings = settings_for(
        fresh_sqlite(template, folder / "db"),
        folder,
        drain_s=read_drain(on_hangup),
        first_byte_s=60.0,
        idle_s=60.0,
        total_s=60.0,
    )
    async with running_hub(settings, upstream) as hub:
        yield hub


class Slow:
    """A provider that has begun to work, and ends when it is let go on; it knows whether the hub left it."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.was_left = asyncio.Event()

    async def whole(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        await self._wait(writer)
        await whole(COMPLETION)(asked, writer)

    async def streamed(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        async def between(number: int) -> None:
            if number == 2:
                await self._wait(writer)

        await streamed(events_of(chunks_of(["Hel", "lo"])), between=between)(asked, writer)

    async def _wait(self, writer: asyncio.StreamWriter) -> None:
        self.began.set()
        while not self.go_on.is_set():
            if writer.transport.is_closing() or _has_ended(writer):
                self.was_left.set()
                raise ConnectionResetError("the hub hung up")
            await asyncio.sleep(0.01)


def _has_ended(writer: asyncio.StreamWriter) -> bool:
    """Whether the hub closed its side, which a provider that only waits would not notice."""
    reader: asyncio.StreamReader = writer.transport.get_protocol()._stream_reader  # type: ignore[attr-defined]
    return reader.at_eof()


async def hang_up(hub: RunningHub, slow: Slow, body: dict[str, object], key: str | None = None) -> None:
    """Call, and hang up when the provider is at work."""

    async def call() -> None:
        await hub.http.post("/v1/chat/completions", json=body, headers=hub.bearer(key))

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(call())
        await slow.began.wait()
        if body is STREAM:
            await asyncio.sleep(0)  # its first words are on their way, and need not have arrived
        task.cancel()


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "streamed"])
@pytest.mark.parametrize("on_hangup", ["cancel", "0.2"])
async def test_who_is_not_waited_for_is_left(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream, body: dict[str, object], on_hangup: str
) -> None:
    slow = Slow()
    upstream.script = slow.streamed if body is STREAM else slow.whole
    async with hub_that(sqlite_template, tmp_path, upstream, on_hangup) as hub:
        await hang_up(hub, slow, body)
        async with asyncio.timeout(10):
            await slow.was_left.wait()
        call = await hub.call()
        assert (call.status, call.error) == (Status.failed, "the caller hung up before the end")
        assert call.usage_source is not Source.reported
        (attempt,) = await attempts(hub)
        assert attempt.outcome == "cut"
        upstream.script = whole(COMPLETION)
        assert (await hub.ask(PLAIN)).status_code == 200  # nothing is held against the provider


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["whole", "streamed"])
@pytest.mark.parametrize("on_hangup", ["30", "end"])
async def test_who_is_waited_for_is_read_to_the_end(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream, body: dict[str, object], on_hangup: str
) -> None:
    slow = Slow()
    upstream.script = slow.streamed if body is STREAM else slow.whole
    async with hub_that(sqlite_template, tmp_path, upstream, on_hangup) as hub:
        await hang_up(hub, slow, body)
        slow.go_on.set()
        call = await hub.call()
        assert (call.status, call.usage_source, call.usage.output) == (Status.success, Source.reported, 3)
        assert not slow.was_left.is_set()


async def test_a_key_has_its_own_say(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> None:
    slow = Slow()
    upstream.script = slow.whole
    async with hub_that(sqlite_template, tmp_path, upstream, "end") as hub:
        made = await hub.http.post("/api/access-keys", json={"name": "k", "onHangup": "cancel"}, headers=hub.bearer())
        await hang_up(hub, slow, PLAIN, made.json()["key"])
        async with asyncio.timeout(10):
            await slow.was_left.wait()
        assert (await hub.call()).error == "the caller hung up before the end"


async def test_a_caller_who_went_before_the_look_out_is_noticed(
    sqlite_template: Path, tmp_path: Path, upstream: Upstream
) -> None:
    slow = Slow()
    upstream.script = slow.whole
    async with hub_that(sqlite_template, tmp_path, upstream, "cancel") as hub:
        _, writer = await asyncio.open_connection(*httpx.URL(hub.url).netloc.decode().split(":"))
        body = b'{"model":"up/m","messages":[{"role":"user","content":"hi"}]}'
        writer.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer %b\r\n"
            b"content-length: %d\r\n\r\n%b" % (hub.member_key.encode(), len(body), body)
        )
        await writer.drain()
        writer.transport.abort()
        assert (await hub.call()).status is Status.failed
