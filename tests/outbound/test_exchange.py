"""What an answer may do to its reader: stall, flood, break off, come compressed, or never end."""

from __future__ import annotations

import asyncio
import zlib

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Limits
from aigne_hub.outbound.exchange import UNREAD_HIGH
from tests.outbound.hostile import HEAD_OK, Peer, ask, chunked, client_of, drain, ok, post, serve, turn, until

pytestmark = pytest.mark.anyio

CHUNKED_HEAD = HEAD_OK + b"Transfer-Encoding: chunked\r\n\r\n"


async def test_an_answer_that_is_there_is_read_without_waiting(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(ok(b"hello", b"X-Id: 7"))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        assert (exchange.status, exchange.header(b"x-id"), exchange.header(b"x-none")) == (200, b"7", None)
        assert exchange.headers == [(b"x-id", b"7"), (b"content-length", b"5")]
        reading = exchange.read()
        with pytest.raises(StopIteration) as stopped:
            reading.send(None)
        assert stopped.value.value == b"hello"
        assert await exchange.next() == b""


async def test_pieces_are_handed_out_as_they_come_and_joined_if_the_reader_was_away(short: Limits) -> None:
    go_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD + b"3\r\none\r\n")
        await go_on.wait()
        await peer.write_split(b"3\r\ntwo\r\n", b"5\r\nthree\r\n", b"0\r\n\r\n")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        assert await exchange.next() == b"one"
        go_on.set()
        await until(lambda: exchange.is_complete)
        assert await exchange.next() == b"twothree"
        assert await exchange.next() == b""
        assert client.idle_connections == 1


async def test_what_came_before_a_cut_is_still_handed_out_and_then_the_cut_is_told(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write_split(CHUNKED_HEAD, b"5\r\nhello\r\n")

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        assert await exchange.next() == b"hello"
        for _ in range(2):
            with pytest.raises(UpstreamFailed, match="in the middle of its answer") as failed:
                await exchange.next()
            assert failed.value.kind is Failure.broken


async def test_a_silence_in_the_body_passes_the_idle_limit(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD + b"2\r\nhi\r\n")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        assert await exchange.next() == b"hi"
        with pytest.raises(UpstreamFailed, match=r"fell silent for 0\.3 s") as failed:
            await exchange.next()
        assert failed.value.kind is Failure.timeout


async def test_a_slow_reader_does_not_make_the_provider_look_silent() -> None:
    limits = Limits(idle_s=0.2, first_byte_s=0.2, total_s=5)

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD + b"2\r\nhi\r\n")
        await asyncio.sleep(0.6)
        await peer.write(b"0\r\n\r\n")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, limits)
        await asyncio.sleep(0.5)
        assert await drain(exchange) == b"hi"


async def test_a_body_without_end_passes_the_total_limit() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD)
        while True:
            await peer.write(b"2\r\nhi\r\n")
            await asyncio.sleep(0.01)

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, Limits(total_s=0.3))
        with pytest.raises(UpstreamFailed, match=r"not complete within 0\.3 s") as failed:
            await drain(exchange)
        assert failed.value.kind is Failure.timeout


@pytest.mark.parametrize("head", [CHUNKED_HEAD, HEAD_OK + b"\r\n", HEAD_OK + b"Content-Length: 99999999\r\n\r\n"])
async def test_a_whole_read_stops_at_the_answer_limit(head: bytes, short: Limits) -> None:
    limits = Limits(answer_bytes=100_000, idle_s=0.3)
    piece = b"3e8\r\n" + b"x" * 1000 + b"\r\n"

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(head)
        while True:
            await peer.write(piece)

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed, match="larger than 100000 bytes") as failed:
            await ask(client, upstream.origin, limits)
        assert failed.value.kind is Failure.oversized
        await until(lambda: client.open_connections == 0)


async def test_a_whole_answer_that_is_too_large_fails_alone_though_its_connection_serves_on(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(ok(b"x" * 1000))
        await peer.read_request()
        await peer.write_split(CHUNKED_HEAD, chunked(b"hi"))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        large = await post(client, upstream.origin, Limits(answer_bytes=999, first_byte_s=1))
        other = await post(client, upstream.origin, short)
        with pytest.raises(UpstreamFailed, match="larger than 999 bytes"):
            await large.read()
        large.close()
        assert await drain(other) == b"hi"
        assert upstream.connections == 1


async def test_a_slow_reader_holds_the_provider_back_and_keeps_memory_bounded(short: Limits) -> None:
    size = 32 << 20
    sent = 0

    async def script(peer: Peer) -> None:
        nonlocal sent
        await peer.read_request()
        await peer.write(HEAD_OK + b"Content-Length: %d\r\n\r\n" % size)
        while sent < size:
            await peer.write(b"x" * 65536)
            sent += 65536
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, Limits(first_byte_s=1, total_s=10))
        await asyncio.sleep(0.2)
        assert exchange.is_paused
        most = exchange.unread
        assert sent < size
        received = 0
        while piece := await exchange.next():
            received += len(piece)
            most = max(most, len(piece))
        assert received == size
        assert most <= 2 * UNREAD_HIGH + 65536
        assert client.idle_connections == 1


async def test_reading_the_rest_whole_lets_a_paused_provider_go_on() -> None:
    size = 4 << 20

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(ok(b"x" * size))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, Limits(first_byte_s=1, total_s=10))
        await until(lambda: exchange.is_paused)
        assert len(await exchange.read()) == size


async def test_a_body_of_tiny_chunks_is_put_together_right(short: Limits) -> None:
    body = bytes(range(256)) * 40

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD + chunked(*(body[i : i + 3] for i in range(0, len(body), 3))))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        assert await ask(client, upstream.origin, short) == body


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "raw"])
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_compressed_answer_is_read_plain(coding: str, is_streamed: bool, short: Limits) -> None:
    plain = b"a compressed answer " * 50_000
    window = {"deflate": 15, "raw": -15}.get(coding, 31)
    squeeze = zlib.compressobj(wbits=window)
    packed = squeeze.compress(plain) + squeeze.flush()
    field = b"Content-Encoding: " + (b"deflate" if coding == "raw" else coding.encode())

    async def script(peer: Peer) -> None:
        await peer.read_request()
        answer = ok(packed, field)
        await peer.write_split(*(answer[i : i + 100] for i in range(0, len(answer), 100)))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        assert exchange.headers == []
        assert (exchange.header(b"content-encoding"), exchange.header(b"content-length")) == (None, None)
        assert await (drain(exchange) if is_streamed else exchange.read()) == plain


async def test_a_compression_bomb_does_not_go_off(short: Limits) -> None:
    squeeze = zlib.compressobj(level=9, wbits=31)
    bomb = b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(256)) + squeeze.flush()

    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await peer.write(ok(bomb, b"Content-Encoding: gzip"))

    async with serve(script) as upstream, client_of() as client:
        limits = Limits(answer_bytes=1 << 20, first_byte_s=1)
        with pytest.raises(UpstreamFailed, match="larger than") as failed:
            await ask(client, upstream.origin, limits)
        assert failed.value.kind is Failure.oversized
        exchange = await post(client, upstream.origin, limits)
        assert len(await exchange.next()) <= UNREAD_HIGH
        exchange.close()


@pytest.mark.parametrize(("coding", "body"), [(b"gzip", b"not gzip"), (b"br", b"x"), (b"gzip, gzip", b"x")])
@pytest.mark.parametrize("is_streamed", [False, True])
async def test_a_coding_that_cannot_be_undone_is_a_failure(
    coding: bytes, body: bytes, is_streamed: bool, short: Limits
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(ok(body, b"Content-Encoding: " + coding))
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed) as failed:
            exchange = await post(client, upstream.origin, short)
            await (drain(exchange) if is_streamed else exchange.read())
        assert failed.value.kind is Failure.broken


async def test_a_compressed_answer_cut_short_is_a_failure_even_if_its_framing_is_whole(short: Limits) -> None:
    packed = zlib.compress(b"a long answer" * 1000, wbits=31)

    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await peer.write(ok(packed[:-3], b"Content-Encoding: gzip"))

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed, match="damaged or cut short"):
            await ask(client, upstream.origin, short)
        with pytest.raises(UpstreamFailed, match="damaged or cut short"):
            await drain(await post(client, upstream.origin, short))


async def test_closing_early_hangs_up_and_closing_late_does_not(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer()
        await peer.read_request()
        await peer.write(CHUNKED_HEAD + b"2\r\nhi\r\n")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        exchange.close()
        exchange.close()
        assert client.idle_connections == 1
        exchange = await post(client, upstream.origin, short)
        exchange.close()
        exchange.close()
        assert await exchange.next() == b"hi"
        with pytest.raises(UpstreamFailed, match="abandoned"):
            await exchange.next()
        await until(lambda: client.open_connections == 0)


@pytest.mark.parametrize("way", ["next", "read"])
async def test_a_cancelled_reader_leaves_no_connection_behind(way: str, short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD)
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        reader = asyncio.ensure_future(exchange.next() if way == "next" else exchange.read())
        await turn()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await until(lambda: client.open_connections == 0)


async def test_it_is_known_when_something_was_said_and_nothing_of_it_is_lost(short: Limits) -> None:
    go_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD)
        await go_on.wait()
        await peer.write(b"3\r\none\r\n0\r\n\r\n")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        speaking = asyncio.ensure_future(exchange.spoken())
        await asyncio.sleep(0)
        assert not speaking.done()
        go_on.set()
        await speaking
        await exchange.spoken()
        assert await exchange.read() == b"one"


async def test_who_breaks_off_before_a_word_has_failed(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(CHUNKED_HEAD)

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        with pytest.raises(UpstreamFailed) as failed:
            await exchange.spoken()
        assert failed.value.kind is Failure.broken
