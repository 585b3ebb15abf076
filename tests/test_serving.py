"""Serving: where it listens, what it says of itself, and how it stops."""

from __future__ import annotations

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from aigne_hub.serving import address_of, listen, logs_as_json
from aigne_hub.settings import BadSetting
from tests.cli.shell import Shell
from tests.running import settings_for
from tests.serving_process import serving_hub
from tests.upstream import Upstream, chunks_of, events_of, streamed

pytestmark = pytest.mark.anyio


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


async def test_a_running_stream_may_finish_when_the_hub_stops(tmp_path: Path, upstream: Upstream) -> None:
    go_on = asyncio.Event()

    async def wait(number: int) -> None:
        if number == 2:
            await go_on.wait()

    upstream.script = streamed(events_of(chunks_of(["Hel", "lo"])), between=wait)
    shell = Shell(tmp_path / "data")
    added = await asyncio.to_thread(
        shell.run, "provider", "add", "up", "--base-url", upstream.url, "--api-key", "sk-0123456789", "--no-check"
    )
    assert added.code == 0, added.err
    with serving_hub(tmp_path / "data", stop_s="10") as hub:
        body = {"model": "up/m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
        headers = {"authorization": f"Bearer {hub.first_key}"}
        async with (
            httpx.AsyncClient(base_url=hub.url, timeout=20) as http,
            http.stream("POST", "/v1/chat/completions", json=body, headers=headers) as answer,
        ):
            pieces = answer.aiter_bytes()
            said = await anext(pieces)
            stopping = asyncio.create_task(asyncio.to_thread(hub.stop))
            await asyncio.sleep(0.2)
            go_on.set()
            said += b"".join([piece async for piece in pieces])
        assert said.endswith(b"data: [DONE]\n\n")
        assert await stopping == 0
