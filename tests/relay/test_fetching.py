"""Pictures at addresses, fetched: what is a picture, what is none, and how many at once."""

from __future__ import annotations

import asyncio
import base64
from asyncio import StreamWriter

import pytest

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.inlined import InlineFile
from aigne_hub.outbound import Client, Guard
from aigne_hub.relay.fetching import Fetching
from tests.dialects.chats import PIXEL
from tests.upstream import Asked, Upstream

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(PIXEL)


def fetching() -> Fetching:
    return Fetching(Client(deadlines=Deadlines(), guard=Guard(allow_private=True)), largest=4 << 20)


async def send(writer: StreamWriter, kind: str, body: bytes) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "application/octet-stream"])
async def test_what_a_picture_is_shows_in_its_first_bytes(upstream: Upstream, kind: str) -> None:
    upstream.script = lambda _asked, writer: send(writer, kind, PNG)
    assert await fetching().fetch(f"{upstream.url}/a.gif", "0") == InlineFile(PIXEL, "image/png", "0.png")


@pytest.mark.parametrize(
    ("kind", "body"), [("text/html", PNG), ("image/png", b"<svg/>"), ("image/svg+xml", b"<svg/>"), ("image/png", b"")]
)
async def test_what_is_no_picture_is_a_failure(upstream: Upstream, kind: str, body: bytes) -> None:
    upstream.script = lambda _asked, writer: send(writer, kind, body)
    with pytest.raises(UpstreamFailed) as failed:
        await fetching().fetch(upstream.url, "0")
    assert failed.value.kind is Failure.malformed


async def test_a_few_are_fetched_at_once_and_each_fails_alone(upstream: Upstream) -> None:
    now, most = 0, 0

    async def script(asked: Asked, writer: StreamWriter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        await send(writer, "image/png", b"no" if asked.path.endswith("/3") else PNG)

    upstream.script = script
    found = await fetching().fetch_all([f"{upstream.url}/{number}" for number in range(9)])
    assert [isinstance(one, InlineFile) for one in found] == [number != 3 for number in range(9)]
    assert most == 4


async def test_a_large_picture_is_encoded_beside_the_loop(upstream: Upstream) -> None:
    large = PNG + bytes(1 << 20)
    upstream.script = lambda _asked, writer: send(writer, "image/png", large)
    assert base64.b64decode((await fetching().fetch(upstream.url, "0")).data) == large
