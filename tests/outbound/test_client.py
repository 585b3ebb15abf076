"""Sending: what fails before an answer, what is sent again and what never is, and what a caller leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
import uvloop

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Client, Guard, Limits, Origin
from tests.outbound.hostile import Peer, ask, client_of, ok, post, serve, turn, until

pytestmark = pytest.mark.anyio


async def test_a_request_is_sent_as_told_with_host_length_and_coding_added(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer()
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        assert await ask(client, upstream.origin, short, b'{"a":1}') == b"ok"
        assert upstream.requests == [
            b"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept-Encoding: identity\r\n"
            b'content-type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}' % upstream.origin.port
        ]


async def test_a_redirect_is_handed_back_and_not_followed(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(b"HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        exchange = await post(client, upstream.origin, short)
        assert exchange.status == 307
        assert len(upstream.requests) == 1


async def test_a_provider_that_refuses_is_told_by_host_and_reason(short: Limits) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        async with client_of() as client:
            with pytest.raises(UpstreamFailed) as failed:
                await post(client, Origin("http", "127.0.0.1", port), short)
    assert failed.value.kind is Failure.refused
    assert failed.value.message == f"could not connect to 127.0.0.1:{port}: connection refused"


async def test_a_provider_that_accepts_and_hangs_passes_the_first_byte_limit(short: Limits) -> None:
    async with serve(Peer.hang) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed, match=r"the provider did not answer within 0\.3 s") as failed:
            await post(client, upstream.origin, short)
        assert failed.value.kind is Failure.timeout
        await until(lambda: client.open_connections == 0)


@pytest.mark.parametrize("header", [(b"x", b"a\r\nHost: evil"), (b"x\n", b"a"), (b"x", b"a\0")])
async def test_a_header_that_would_split_the_request_is_not_sent(header: tuple[bytes, bytes], short: Limits) -> None:
    async with serve(Peer.hang) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed, match="was not sent") as failed:
            await client.send(upstream.origin, b"POST", b"/", [header], b"", short)
        assert failed.value.kind is Failure.refused
        assert upstream.connections == 0


async def test_a_request_that_met_a_closing_connection_is_sent_again_once(short: Limits) -> None:
    hang_up = asyncio.Event()
    closed = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer(b"%d" % peer.number)
        if peer.number == 0:
            await hang_up.wait()
            peer.writer.close()
            closed.set()
        else:
            await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        assert await ask(client, upstream.origin, short) == b"0"
        hang_up.set()
        await closed.wait()
        assert await ask(client, upstream.origin, short) == b"1"
        assert len(upstream.requests) == 2


async def test_who_wants_to_hear_of_it_hears_of_each_time_a_request_is_written(short: Limits) -> None:
    hang_up, closed = asyncio.Event(), asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer()
        if peer.number == 0:
            await hang_up.wait()
            peer.writer.close()
            closed.set()
        else:
            await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        written: list[int] = []
        for expected in (1, 3):  # the second request is written twice
            exchange = await client.send(
                upstream.origin, b"POST", b"/", (), b"{}", short, when_sent=lambda: written.append(1)
            )
            assert await exchange.read() == b"ok"
            exchange.close()
            assert len(written) == expected
            hang_up.set()
            await closed.wait()


async def test_a_paid_request_that_may_have_been_read_is_never_sent_again(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer()
        await peer.read_request()
        await asyncio.sleep(0.1)

    async with serve(script) as upstream, client_of() as client:
        assert await ask(client, upstream.origin, short) == b"ok"
        with pytest.raises(UpstreamFailed, match="without answering") as failed:
            await ask(client, upstream.origin, short)
        assert failed.value.kind is Failure.broken
        assert len(upstream.requests) == 2


async def test_a_safe_request_is_sent_again_whenever_the_connection_was_closed_under_it(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer()
        await peer.read_request()
        await asyncio.sleep(0.1)

    async with serve(script) as upstream, client_of() as client:
        for _ in range(2):
            exchange = await client.send(upstream.origin, b"GET", b"/", [], b"", short)
            assert await exchange.read() == b"ok"
        assert len(upstream.requests) == 3


async def test_a_request_that_timed_out_is_not_sent_again(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer()
        await peer.hang()

    async with serve(script) as upstream, client_of() as client:
        for _ in range(2):
            try:
                await client.send(upstream.origin, b"GET", b"/", [], b"", short)
            except UpstreamFailed as failed:
                assert failed.kind is Failure.timeout
        assert upstream.connections == 1


async def test_a_first_request_that_is_hung_up_on_is_not_sent_again(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()

    async with serve(script) as upstream, client_of() as client:
        with pytest.raises(UpstreamFailed):
            await client.send(upstream.origin, b"GET", b"/", [], b"", short)
        assert len(upstream.requests) == 1


async def test_cancelling_at_any_turn_of_the_loop_leaks_nothing(short: Limits) -> None:
    answer = ok(b"hello")

    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await peer.write_split(answer[:10], answer[10:-2], answer[-2:])

    async with serve(script) as upstream, client_of(per_origin=1) as client:
        for turns in range(40):
            task = asyncio.ensure_future(ask(client, upstream.origin, short))
            await turn(turns)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                assert await task == b"hello"
            await until(lambda: client.open_connections == client.idle_connections)
            assert await ask(client, upstream.origin, short) == b"hello"


async def test_cancelling_while_the_name_is_looked_up_frees_the_slot(short: Limits) -> None:
    asked = asyncio.Event()

    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        asked.set()
        await asyncio.Event().wait()
        return []

    async with client_of(guard=Guard(allow_private=True, resolver=resolver)) as client:
        task = asyncio.ensure_future(post(client, Origin("http", "slow.example", 80), short))
        await asked.wait()
        assert client.open_connections == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert client.open_connections == 0


async def test_closing_the_client_ends_what_runs_and_refuses_what_comes(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.hang()

    async with serve(script) as upstream, client_of(per_origin=1) as client:
        running = asyncio.ensure_future(post(client, upstream.origin, Limits(first_byte_s=2)))
        await until(lambda: len(upstream.requests) == 1)
        waiting = asyncio.ensure_future(post(client, upstream.origin, Limits(first_byte_s=2)))
        await turn()
        await client.close()
        for task in (running, waiting, asyncio.ensure_future(post(client, upstream.origin, short))):
            with pytest.raises(UpstreamFailed, match="shutting down"):
                await task
        with pytest.raises(UpstreamFailed, match="shutting down"):
            await post(client, Origin("http", "other.example", 80), short)


async def test_many_callers_are_answered_at_once_and_each_gets_its_own(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        while True:
            request = await peer.read_request()
            await peer.answer(request.partition(b"\r\n\r\n")[2])

    async with serve(script) as upstream, client_of(per_origin=20) as client:
        bodies = [b"%d" % i for i in range(55)]
        assert await asyncio.gather(*(ask(client, upstream.origin, Limits(), body) for body in bodies)) == bodies
        assert upstream.connections == 20


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_the_client_works_on_either_loop(run: object) -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await peer.answer(b"x" * 700_000)

    async def main() -> None:
        limits = Limits(connect_s=1, first_byte_s=1)
        async with serve(script) as upstream, client_of() as client:
            for _ in range(3):
                assert len(await ask(client, upstream.origin, limits)) == 700_000
            exchange = await post(client, upstream.origin, limits)
            await until(lambda: exchange.is_paused)
            exchange.close()
            await until(lambda: client.open_connections == 0)
            assert upstream.connections == 1

    assert callable(run)
    run(main())


def test_a_malformed_proxy_is_told_when_the_client_is_made() -> None:
    with pytest.raises(ValueError, match="proxy"):
        Client(deadlines=Deadlines(), guard=Guard(allow_private=True), proxy="socks5://127.0.0.1:1080")
