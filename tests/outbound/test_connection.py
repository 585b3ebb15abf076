"""Framing under attack: cuts, garbage, ambiguity, floods, and answers nobody asked for."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Limits
from tests.outbound.hostile import HEAD_OK, Peer, ask, chunked, client_of, ok, post, serve, turn, until

pytestmark = pytest.mark.anyio

CHUNKED_HEAD = HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = [
    ok(b"hello", b"X-A: b"),
    HEAD_OK + b"transfer-encoding: chunked\r\n\r\n" + chunked(b"he", b"llo", trailer=b"X-Sum: 1\r\n"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"hello"),
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + ok(b"hello"),
]


async def failure_of(answer: bytes, limits: Limits, *, method: bytes = b"POST") -> UpstreamFailed:
    """How the client fails when a provider sends exactly this and then closes."""

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(answer)

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed) as failed:
            exchange = await client.send(upstream.origin, method, b"/", [], b"", limits)
            await exchange.read()
        await until(lambda: client.open_connections == 0)
        assert len(upstream.requests) == 1
        return failed.value


@pytest.mark.parametrize("answer", WHOLE)
async def test_an_answer_cut_at_any_byte_is_broken_and_never_a_wrong_success(answer: bytes, short: Limits) -> None:
    cut = 0

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(answer[:cut])

    async with serve(script) as upstream, client_of() as client:
        for cut in range(len(answer)):  # noqa: B007
            with pytest.raises(UpstreamFailed) as failed:
                await ask(client, upstream.origin, short)
            assert failed.value.kind is Failure.broken
        cut = len(answer)
        assert await ask(client, upstream.origin, short) == b"hello"


@pytest.mark.parametrize("answer", WHOLE)
async def test_an_answer_split_at_any_byte_is_read_whole_on_one_connection(answer: bytes, short: Limits) -> None:
    async def script(peer: Peer) -> None:
        for cut in range(1, len(answer)):
            await peer.read_request()
            await peer.write_split(answer[:cut], answer[cut:])
        await peer.read_request()
        await peer.write_split(*(answer[i : i + 1] for i in range(len(answer))))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        for _ in range(len(answer)):
            assert await ask(client, upstream.origin, short) == b"hello"
        assert upstream.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"\x16\x03\x01\x02\x00garbage that is not HTTP\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 999999 Huge\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"\r\n\r\n\r\n",
        HEAD_OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        HEAD_OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello"),
        HEAD_OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked(b"hello"),
        HEAD_OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunked(b"hello"),
        HEAD_OK + b"Transfer-Encoding: gzip\r\n\r\nhello",
        HEAD_OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunked(b"hello"),
        HEAD_OK + b"Content-Length: -1\r\n\r\n",
        HEAD_OK + b"Content-Length: 5, 5\r\n\r\nhello",
        HEAD_OK + b"Content-Length: +5\r\n\r\nhello",
        HEAD_OK + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
        HEAD_OK + b"Bad Name: x\r\n\r\n",
        HEAD_OK + b"X: a\0b\r\n\r\n",
        CHUNKED_HEAD + b"zz\r\nhello\r\n0\r\n\r\n",
        CHUNKED_HEAD + b"5\r\nhelloXX0\r\n\r\n",
        CHUNKED_HEAD + b"ffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
)
async def test_an_answer_that_is_no_clear_http_is_broken(answer: bytes, short: Limits) -> None:
    assert (await failure_of(answer, short)).kind is Failure.broken


@pytest.mark.parametrize(
    "answer",
    [
        HEAD_OK + b"X-Big: " + b"x" * 100_000 + b"\r\n\r\n",
        HEAD_OK + b"X-Big: " + b"x" * 1_000_000,
        HEAD_OK + b"".join(b"X-%d: y\r\n" % i for i in range(201)) + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50_000,
        CHUNKED_HEAD + b"5;" + b"x" * 1_000_000,
        CHUNKED_HEAD + b"2\r\nhi\r\n0\r\nX-Sum: " + b"y" * 1_000_000,
        CHUNKED_HEAD + b"2\r\nhi\r\n0\r\n" + b"X: y\r\n" * 200_000,
    ],
    ids=["head", "endless head", "fields", "informational", "extension", "trailer", "trailers"],
)
async def test_what_surrounds_the_body_is_bounded(answer: bytes, short: Limits) -> None:
    failure = await failure_of(answer, short)
    assert failure.kind is Failure.broken
    assert "too long" in failure.message or "too many" in failure.message


async def test_a_trickled_head_passes_the_first_byte_limit(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(HEAD_OK + b"X: ")
        while True:
            await peer.write(b"y")
            await asyncio.sleep(0.01)

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed, match=r"did not answer within 0\.3 s") as failed:
            await post(client, upstream.origin, short)
        assert failed.value.kind is Failure.timeout
        await until(lambda: client.open_connections == 0)


async def test_a_storm_of_informational_answers_passes_the_first_byte_limit(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        while True:
            await peer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
            await asyncio.sleep(0.01)

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed) as failed:
            await post(client, upstream.origin, short)
        assert failed.value.kind is Failure.timeout


async def test_a_reset_in_the_body_is_broken(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write_split(HEAD_OK + b"Content-Length: 10\r\n\r\n", b"hello")
        peer.reset()

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed) as failed:
            await ask(client, upstream.origin, short)
        assert failed.value.kind is Failure.broken


async def test_a_body_that_ends_with_the_connection_must_not_end_with_a_reset(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write_split(HEAD_OK + b"\r\n", b"hello")
        if peer.number == 1:
            peer.reset()

    async with serve(script) as upstream, client_of() as client:
        assert await ask(client, upstream.origin, short) == b"hello"
        with pytest.raises(UpstreamFailed):
            await ask(client, upstream.origin, short)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD_OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        ok(b"hi") + b"surplus",
        ok(b"hi") + ok(b"another"),
        ok(b"hi") + b"HTTP/1.1 100 Continue\r\n\r\n",
        HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"hi") + b"0\r\n\r\n",
    ],
)
async def test_a_connection_that_said_close_or_too_much_is_not_used_again(answer: bytes, short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(answer)
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        for _ in range(2):
            assert await ask(client, upstream.origin, short) == b"hi"
            assert client.idle_connections == 0
        assert upstream.connections == 2


async def test_an_old_http_connection_that_says_keep_alive_is_used_again(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        for _ in range(2):
            await peer.read_request()
            await peer.write(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi")

    async with serve(script) as upstream, client_of() as client:
        for _ in range(2):
            assert await ask(client, upstream.origin, short) == b"hi"
        assert upstream.connections == 1


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_cannot_have_a_body_has_none(status: int, short: Limits) -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await peer.write(b"HTTP/1.1 %d X\r\nETag: 1\r\n\r\n" % status)

    async with serve(script) as upstream, client_of() as client:
        for _ in range(2):
            exchange = await post(client, upstream.origin, short)
            assert (exchange.status, await exchange.read()) == (status, b"")
        assert upstream.connections == 1


async def test_an_answer_to_head_has_no_body_whatever_its_length_says(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(HEAD_OK + b"Content-Length: 500\r\n\r\n")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await client.send(upstream.origin, b"HEAD", b"/", [], b"", short)
        assert (exchange.status, exchange.header(b"content-length")) == (200, b"500")
        assert await exchange.read() == b""


async def test_bytes_on_an_idle_connection_end_it(short: Limits) -> None:
    surprise = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer()
        if peer.number == 0:
            await surprise.wait()
            await peer.answer(b"poison")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        assert await ask(client, upstream.origin, short) == b"ok"
        surprise.set()
        await until(lambda: client.open_connections == 0)
        assert await ask(client, upstream.origin, short) == b"ok"
        assert upstream.connections == 2


async def test_an_answer_sent_before_any_request_is_never_taken_for_one(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        if peer.number == 0:
            await peer.answer(b"poison")
        await peer.read_request()
        await peer.answer(b"true")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        try:
            body = await ask(client, upstream.origin, short)
        except UpstreamFailed as failed:
            assert failed.kind in (Failure.broken, Failure.refused)
        else:
            # Then the bytes had reached us after our request; the surplus answer ends the connection.
            assert body in (b"poison", b"true")
        await turn()
        assert await ask(client, upstream.origin, short) == b"true"
        assert upstream.connections == 2


async def test_a_large_request_arrives_whole(short: Limits) -> None:
    body = b"x" * (3 << 20)

    async def script(peer: Peer) -> None:
        request = await peer.read_request()
        await peer.answer(b"%d" % len(request.partition(b"\r\n\r\n")[2]))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        assert await ask(client, upstream.origin, short, body) == b"%d" % len(body)


async def test_an_answer_before_the_request_is_out_is_read_but_its_connection_not_kept() -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await asyncio.sleep(0.2)

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, Limits(), b"x" * (64 << 20))
        assert (exchange.status, await exchange.read()) == (413, b"big")
        assert client.idle_connections == 0
