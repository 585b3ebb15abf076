"""The connection of a WebSocket: who does not answer pings is let go, however much it has not read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from aigne_hub.edge import socket_protocol
from tests.databases import fresh_sqlite
from tests.running import served_hub, settings_for

pytestmark = pytest.mark.anyio

HEAD = (
    b"GET /websocket HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
)


async def test_who_does_not_answer_pings_is_let_go(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aigne_hub.serving.PING_S", 0.2)
    async with served_hub(settings_for(fresh_sqlite(sqlite_template, tmp_path / "db"), tmp_path)) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        try:
            writer.write(HEAD)
            async with asyncio.timeout(10):
                read = await reader.read()  # until the hub hangs up
        finally:
            writer.close()
    assert read.startswith(b"HTTP/1.1 101 ")
    assert socket_protocol.PING_S == 20
