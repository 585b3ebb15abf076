"""Limits of the connection: heads of any cut that are too large are refused, others are not."""

from __future__ import annotations

import asyncio

import pytest

from tests.running import RunningHub

pytestmark = pytest.mark.anyio


def head(size: int) -> bytes:
    return b"GET /healthz HTTP/1.1\r\nhost: h\r\nx-big: " + b"a" * size + b"\r\nconnection: close\r\n\r\n"


async def sent(hub: RunningHub, pieces: list[bytes]) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(hub.url.rpartition(":")[2]))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("cut", [1000, 30_000, 10**9])
async def test_a_head_within_the_limit_passes_however_it_is_cut(hub: RunningHub, cut: int) -> None:
    whole = head(hub.settings.header_limit - 1000)
    answer = await sent(hub, [whole[at : at + cut] for at in range(0, len(whole), cut)])
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("cut", [1000, 30_000, 10**9])
async def test_a_head_over_the_limit_is_refused_however_it_is_cut(hub: RunningHub, cut: int) -> None:
    whole = head(hub.settings.header_limit + 1000)
    answer = await sent(hub, [whole[at : at + cut] for at in range(0, len(whole), cut)])
    assert answer.startswith(b"HTTP/1.1 431 ")


async def test_a_large_body_behind_a_small_head_is_no_large_head(hub: RunningHub) -> None:
    body = b" " * (hub.settings.header_limit * 3)
    start = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\nconnection: close\r\nauthorization: Bearer {hub.member_key}"
    )
    answer = await sent(hub, [f"{start}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"not JSON" in answer


async def test_a_connection_that_says_nothing_is_closed(hub: RunningHub) -> None:
    assert await sent(hub, []) == b""


async def test_a_second_request_has_the_same_limits(hub: RunningHub) -> None:
    first = b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n"
    answer = await sent(hub, [first, head(hub.settings.header_limit + 1000)])
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 431 " in answer
