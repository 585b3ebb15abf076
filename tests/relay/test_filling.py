"""Pictures that callers name by address, for a provider that takes bytes: fetched, or the call is refused."""

from __future__ import annotations

import asyncio
import base64
import socket
from asyncio import StreamWriter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import BadRequest
from aigne_hub.catalog.entries import CredentialKind, Target
from aigne_hub.dialects.call import Call
from aigne_hub.dialects.openai_chat.dialect import OpenAIChat
from aigne_hub.flows.keep_credential import CredentialDraft
from aigne_hub.outbound import Client, Guard
from aigne_hub.relay.fetching import Fetching
from aigne_hub.relay.filling import Filling
from tests.databases import fresh_sqlite
from tests.dialects.bedrock_converse.test_answers import answer
from tests.dialects.chats import PIXEL
from tests.running import RunningHub, running_hub, settings_for
from tests.upstream import Asked, Upstream, whole

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(PIXEL)
CHAT = OpenAIChat(is_hybrid=False)


async def pictures(asked: Asked, writer: StreamWriter) -> None:
    body = PNG if "png" in asked.path else PNG + bytes(1000) if "large" in asked.path else b"<html>"
    status = 404 if "gone" in asked.path else 200
    writer.write(
        f"HTTP/1.1 {status} X\r\ncontent-type: image/png\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    )
    await writer.drain()


def asks(*urls: str, **more: Any) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    return {
        "model": "bedrock/m",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "?"}, *parts]}],
        **more,
    }


def filling() -> Filling:
    """By a client for which pictures.example is the test's upstream, and no other place of this machine is there."""

    async def resolve(host: str, port: int) -> list[tuple[int, str]]:
        return [(socket.AF_INET, "127.0.0.1" if host == "pictures.example" else "169.254.1.1")]

    client = Client(deadlines=Deadlines(), guard=Guard(allow_private=True, resolver=resolve))
    return Filling(Fetching(client, largest=500))


async def fill(hub: RunningHub, body: dict[str, Any], *dialects: str) -> Call:

    await hub.house.freshness.look()
    target: Target = replace(hub.house.catalog.peek("up/m"), dialects=dialects or ("bedrock_converse",))
    call = CHAT.read_request(msgspec.json.encode(body), accepts_stream=False)
    return await filling().filled(call, CHAT, target)


def place(upstream: Upstream, path: str) -> str:
    return upstream.url.replace("127.0.0.1", "pictures.example") + path


async def test_pictures_are_fetched_and_put_in(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = pictures
    urls = [place(upstream, "/a.png"), place(upstream, "/b.png?x=1"), place(upstream, "/a.png")]
    call = await fill(hub, asks(*urls))
    assert call.chat is not None
    shown = call.chat.messages[0].parts[1:]
    assert [(getattr(one, "data", None), getattr(one, "mime", None)) for one in shown] == [(PIXEL, "image/png")] * 3
    assert sorted(asked.path for asked in upstream.asked) == ["/v1/a.png", "/v1/b.png?x=1"]
    assert all("authorization" not in asked.headers for asked in upstream.asked)


async def test_who_takes_addresses_gets_them(hub: RunningHub, upstream: Upstream) -> None:
    call = await fill(hub, asks(place(upstream, "/a.png")), "openai_chat")
    assert (call.chat, upstream.asked) == (None, [])


@pytest.mark.parametrize(
    ("path", "why"),
    [("/gone", "it is not there"), ("/page", "no picture"), ("/large", "more than 5 MiB")],
)
async def test_what_cannot_be_fetched_is_refused(hub: RunningHub, upstream: Upstream, path: str, why: str) -> None:
    upstream.script = pictures
    with pytest.raises(BadRequest, match="picture 2 cannot be fetched") as refused:
        await fill(hub, asks(place(upstream, "/a.png"), place(upstream, path)))
    assert why in refused.value.message
    assert (refused.value.code, refused.value.param) == ("picture_not_fetched", "messages")


async def test_not_too_many_are_fetched(hub: RunningHub, upstream: Upstream) -> None:
    with pytest.raises(BadRequest, match="at most 10 pictures"):
        await fill(hub, asks(*[place(upstream, f"/{i}.png") for i in range(11)]))
    assert upstream.asked == []


async def bedrock(hub: RunningHub, upstream: Upstream) -> None:
    upstream.script = whole(answer({"text": "Hello"}))
    async with hub.house.database.write() as conn:
        url = upstream.url.removesuffix("/v1")
        provider = await hub.house.providers.add_provider(conn, SYSTEM, "bedrock", base_url=url, region="eu-west-1")
    draft = CredentialDraft("aws", CredentialKind.api_key, {"api_key": "bedrock-0123456789"})
    await hub.house.credentials.add(SYSTEM, provider.id, draft, is_checked=False)
    async with asyncio.timeout(10):  # the hub hears of it within a second
        while (await hub.ask(asks())).status_code == 503:
            await asyncio.sleep(0.05)
    upstream.asked.clear()


async def test_no_caller_sends_the_hub_into_its_own_house(hub: RunningHub, upstream: Upstream) -> None:
    """Though providers at private addresses may be called, as here."""
    await bedrock(hub, upstream)
    for url in (
        upstream.url,
        "http://localhost:1/a",
        "http://169.254.169.254/latest",
        "http://[::1]/a",
        "http://10.1.2.3/",
    ):
        refused = await hub.ask(asks(url))
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "picture_not_fetched"), url
        assert "may not go to its address" in refused.json()["error"]["message"]
    body = {
        "model": "bedrock/m",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": upstream.url}}]},
        ],
    }
    assert (await hub.ask(body, path="/v1/messages")).status_code == 400
    assert upstream.asked == []
    inline = await hub.ask(asks(f"data:image/png;base64,{PIXEL}"))
    assert inline.status_code == 200
    assert upstream.asked[0].json["messages"][0]["content"][1]["image"]["source"] == {"bytes": PIXEL}


async def test_behind_a_proxy_none_is_fetched(sqlite_template: Path, tmp_path: Path, upstream: Upstream) -> None:
    url = fresh_sqlite(sqlite_template, tmp_path / "db")
    async with running_hub(settings_for(url, tmp_path, proxy="http://127.0.0.1:9"), upstream) as hub:
        await bedrock(hub, upstream)
        refused = await hub.ask(asks("https://pictures.example/a.png"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "picture_not_fetched")
        assert "by its bytes" in refused.json()["error"]["message"]
