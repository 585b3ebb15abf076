"""Reading a request: bodies within limits, and the headers the hub looks at."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import pytest

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import BadRequest, TooLarge, TooSlow
from aigne_hub.edge.reading import BodyReader, CallerGone, accepts_stream, app_of, hub_url, request_id_of
from aigne_hub.edge.wire import BODY_ARRIVED, Message, Receive
from aigne_hub.settings import Settings

pytestmark = pytest.mark.anyio


def reader(limit: int = 10) -> BodyReader:
    return BodyReader(Deadlines(), limit=limit, seconds=0.2)


def arriving(*pieces: bytes, gone: bool = False) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    if gone:
        messages.append({"type": "http.disconnect"})
    else:
        messages[-1]["more_body"] = False
    queue = iter(messages)

    async def receive() -> Message:
        return next(queue)

    return receive


async def test_a_body_is_put_together() -> None:
    assert await reader().read({}, {}, arriving(b"")) == b""
    assert await reader().read({}, {}, arriving(b"12345")) == b"12345"
    assert await reader().read({}, {}, arriving(b"123", b"", b"4567890")) == b"1234567890"


async def test_a_body_over_the_limit_is_refused_and_not_kept() -> None:
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        await reader().read({}, {}, arriving(b"12345678901"))
    with pytest.raises(TooLarge):
        await reader().read({}, {}, arriving(*[b"12345"] * 5))
    with pytest.raises(TooLarge):
        await reader().read({}, {}, arriving(*[b"12345"] * 1000))


async def test_a_caller_who_asks_first_is_told_before_it_sends() -> None:
    async def never() -> Message:
        raise AssertionError("the body was read")

    with pytest.raises(TooLarge):
        await reader().read({}, {b"expect": b"100-continue", b"content-length": b"11"}, never)


async def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(BadRequest, match="compressed"):
        await reader().read({}, {b"content-encoding": b"gzip"}, arriving(b"x"))


async def test_a_body_that_does_not_come_is_too_slow_and_a_real_cancel_is_one() -> None:
    async def never() -> Message:
        await asyncio.sleep(30)
        raise AssertionError

    with pytest.raises(TooSlow):
        await reader().read({}, {}, never)
    task = asyncio.create_task(reader().read({}, {}, never))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_caller_who_goes_is_gone() -> None:
    with pytest.raises(CallerGone):
        await reader().read({}, {}, arriving(b"1", gone=True))
    with pytest.raises(CallerGone):
        await reader().read({}, {}, arriving(gone=True))


async def test_a_body_that_has_arrived_is_not_waited_for_and_has_the_same_limit() -> None:
    scope = {BODY_ARRIVED: True}
    assert await reader().read(scope, {}, arriving(b"12345")) == b"12345"
    with pytest.raises(TooLarge):
        await reader().read(scope, {}, arriving(b"12345678901"))


def test_the_headers_the_hub_looks_at() -> None:
    fields = {
        b"x-request-id": b"r-1",
        b"x-aigne-hub-client-did": b" my%20app%00 ",
        b"accept": b"text/event-stream, */*",
    }
    assert (request_id_of(fields), app_of(fields), accepts_stream(fields)) == ("r-1", "my app", True)
    assert (request_id_of({}), app_of({}), accepts_stream({})) == (None, None, False)
    for bad in (b"", b"a b", b"\xff", b"x" * 129, b"a\tb"):
        assert request_id_of({b"x-request-id": bad}) is None
    assert app_of({b"x-aigne-hub-client-did": b"a" * 999}) == "a" * 200


def reached(
    settings: Settings, *, peer: str = "192.0.2.1", scheme: str = "http", forwarded: bytes | None = None
) -> str:
    fields = {b"host": b"hub.test:3030"} | ({} if forwarded is None else {b"x-forwarded-proto": forwarded})
    return hub_url({"scheme": scheme, "client": (peer, 1)}, fields, settings)


def test_the_public_address_comes_first() -> None:
    settings = Settings(public_url="https://hub.example/ai", trusted_proxies=(ip_network("192.0.2.0/24"),))
    assert reached(settings, forwarded=b"http") == "https://hub.example/ai"


def test_a_trusted_proxy_says_whether_it_was_https_and_nobody_else() -> None:
    behind = replace(Settings(), trusted_proxies=(ip_network("192.0.2.0/24"),))
    assert reached(behind, forwarded=b"https") == "https://hub.test:3030"
    assert reached(behind, forwarded=b"https, http") == "http://hub.test:3030"
    for peer in ("198.51.100.1", "unix"):
        assert reached(behind, peer=peer, forwarded=b"https") == "http://hub.test:3030"
    assert reached(Settings(), forwarded=b"https") == "http://hub.test:3030"


def test_without_a_word_of_a_proxy_the_connection_says_it() -> None:
    behind = replace(Settings(), trusted_proxies=(ip_network("192.0.2.0/24"),))
    assert reached(behind, scheme="https") == reached(Settings(), scheme="https") == "https://hub.test:3030"
