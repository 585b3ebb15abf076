"""Serving: where it listens, what it says of itself, and how it stops."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from aigne_hub.db.engine import Database
from aigne_hub.serving import address_of, listen, logs_as_json
from aigne_hub.settings import BadSetting
from aigne_hub.usage import store
from aigne_hub.usage.records import Source, Status
from tests.cli.shell import Shell
from tests.running import settings_for
from tests.serving_process import ServingHub, serving_hub
from tests.upstream import Upstream, chunks_of, events_of, streamed

pytestmark = pytest.mark.anyio


@dataclass
class Streaming:
    """An answer that has begun and goes on when it is told to."""

    hub: ServingHub
    said: bytes
    pieces: AsyncIterator[bytes]
    go_on: asyncio.Event


def test_the_address_is_the_public_one_or_the_one_listened_on(tmp_path: Path) -> None:
    settings = settings_for("", tmp_path)
    with listen(settings) as listening:
        port = listening.getsockname()[1]
        assert address_of(settings, listening) == f"http://127.0.0.1:{port}"
        assert (
            address_of(replace(settings, public_url="https://hub.example.com"), listening) == "https://hub.example.com"
        )
        with pytest.raises(BadSetting, match=f"HUB_HOST and HUB_PORT: cannot listen on 127.0.0.1:{port}"):
            listen(replace(settings, port=port))
    assert isinstance(listening, socket.socket)


def test_a_log_that_nobody_watches_is_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for("", tmp_path)
    for is_terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda is_terminal=is_terminal: is_terminal)
        assert logs_as_json(settings) is not is_terminal
        assert logs_as_json(replace(settings, log_format="json"))
        assert not logs_as_json(replace(settings, log_format="console"))


@asynccontextmanager
async def streaming(data_dir: Path, upstream: Upstream, *, stop_s: str) -> AsyncIterator[Streaming]:
    """A hub in the middle of a streamed answer."""
    go_on = asyncio.Event()

    async def wait(number: int) -> None:
        if number == 2:
            await go_on.wait()

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=wait)
    shell = Shell(data_dir)
    words = ("provider", "add", "up", "--base-url", upstream.url, "--api-key", "sk-0123456789", "--no-check")
    added = await asyncio.to_thread(shell.run, *words)
    assert added.code == 0, added.err
    with serving_hub(data_dir, stop_s=stop_s) as hub:
        body = {"model": "up/m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
        headers = {"authorization": f"Bearer {hub.first_key}"}
        async with (
            httpx.AsyncClient(base_url=hub.url, timeout=20) as http,
            http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as answer,
        ):
            pieces = answer.aiter_bytes()
            said = await anext(pieces)
            try:
                yield Streaming(hub, said, pieces, go_on)
            finally:
                go_on.set()


def accepts(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=1).close()
    except OSError:
        return False
    return True


async def test_a_running_stream_may_finish_when_the_hub_stops(tmp_path: Path, upstream: Upstream) -> None:
    async with streaming(tmp_path / "data", upstream, stop_s="10") as stream:
        stopping = asyncio.create_task(asyncio.to_thread(stream.hub.stop))
        async with asyncio.timeout(5):
            while accepts(stream.hub.url):
                await asyncio.sleep(0.02)
        stream.go_on.set()
        said = stream.said + b"".join([piece async for piece in stream.pieces])
        assert said.endswith(b"data: [DONE]\n\n")
        assert await stopping == 0


async def test_a_stream_that_does_not_finish_in_time_is_cut_and_on_record(tmp_path: Path, upstream: Upstream) -> None:
    async with streaming(tmp_path / "data", upstream, stop_s="1") as stream:
        async with asyncio.timeout(6):
            assert await asyncio.to_thread(stream.hub.stop) == 0
        with suppress(httpx.RemoteProtocolError):
            assert b"[DONE]" not in b"".join([piece async for piece in stream.pieces])
    database = await Database.open(f"sqlite:///{tmp_path / 'data' / 'hub.db'}")
    async with database.read() as conn:
        (call,) = await store.list_calls(conn, store.CallFilter(), offset=0, limit=10)
    await database.close()
    assert (call.status, call.usage_source) == (Status.failed, Source.estimated)
