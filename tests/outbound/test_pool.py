"""Lending connections: reuse, order, the bound, the line before it, and growing old."""

from __future__ import annotations

import asyncio

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Exchange, Limits, Origin
from tests.outbound.hostile import HEAD_OK, Peer, ask, client_of, post, serve, turn, until

pytestmark = pytest.mark.anyio

HELD = HEAD_OK + b"Content-Length: 1\r\n\r\n"


async def echo_number(peer: Peer) -> None:
    """Answer each request with the number of its connection."""
    while True:
        await peer.read_request()
        await peer.answer(b"%d" % peer.number)


async def test_one_caller_uses_one_connection(short: Limits) -> None:
    async with serve(echo_number) as upstream, client_of() as client:
        for _ in range(20):
            assert await ask(client, upstream.origin, short) == b"0"
        assert (client.open_connections, client.idle_connections) == (1, 1)


async def test_origins_do_not_share_connections(short: Limits) -> None:
    async with serve(echo_number) as one, serve(echo_number) as two, client_of() as client:
        await ask(client, one.origin, short)
        await ask(client, two.origin, short)
        assert (one.connections, two.connections, client.idle_connections) == (1, 1, 2)


async def test_the_connection_used_last_is_lent_first(short: Limits) -> None:
    finish: dict[int, asyncio.Event] = {0: asyncio.Event(), 1: asyncio.Event()}

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await finish[peer.number].wait()
        await peer.answer(b"%d" % peer.number)
        await echo_number(peer)

    async with serve(script) as upstream, client_of() as client:
        calls = [asyncio.ensure_future(ask(client, upstream.origin, Limits(first_byte_s=2))) for _ in range(2)]
        await until(lambda: len(upstream.requests) == 2)
        for number in (1, 0):
            finish[number].set()
            await until(lambda number=number: client.idle_connections == 2 - number)  # type: ignore[misc]
        await asyncio.gather(*calls)
        for _ in range(3):
            assert await ask(client, upstream.origin, short) == b"0"


async def test_callers_beyond_the_bound_are_served_in_the_order_they_came() -> None:
    async def script(peer: Peer) -> None:
        while True:
            await peer.read_request()
            await asyncio.sleep(0.002)
            await peer.answer()

    served: list[int] = []
    limits = Limits(connect_s=2, first_byte_s=2)
    async with serve(script) as upstream, client_of(per_origin=3) as client:

        async def call(number: int) -> None:
            await ask(client, upstream.origin, limits, b"%02d" % number)
            served.append(number)

        async with asyncio.TaskGroup() as group:
            for number in range(9):
                group.create_task(call(number))
                await turn(1)
        assert upstream.connections == 3
        sent = [int(request[-2:]) for request in upstream.requests]
        assert sorted(served) == list(range(9))
        assert sent[3:] == [3, 4, 5, 6, 7, 8]


async def test_a_line_that_is_full_turns_callers_away(short: Limits) -> None:
    async with serve(Peer.hang) as upstream, client_of(per_origin=1) as client:
        calls = [asyncio.ensure_future(post(client, upstream.origin, short)) for _ in range(3)]
        await turn()
        with pytest.raises(UpstreamFailed, match="too many calls wait") as failed:
            await post(client, upstream.origin, short)
        assert failed.value.kind is Failure.overloaded
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(result, UpstreamFailed) for result in results)


async def test_waiting_in_line_has_the_connect_limit() -> None:
    limits = Limits(connect_s=0.2, first_byte_s=1)
    async with serve(Peer.hang) as upstream, client_of(per_origin=1) as client:
        first = asyncio.ensure_future(post(client, upstream.origin, limits))
        await turn()
        with pytest.raises(UpstreamFailed, match=r"came free within 0\.2 s") as failed:
            await post(client, upstream.origin, limits)
        assert failed.value.kind is Failure.timeout
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_waiter_gets_the_room_of_a_connection_that_broke(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await asyncio.sleep(0.02)
        if peer.number > 0:
            await peer.answer(b"%d" % peer.number)
            await peer.hang()

    async with serve(script) as upstream, client_of(per_origin=1) as client:
        first, second = (asyncio.ensure_future(ask(client, upstream.origin, short)) for _ in range(2))
        with pytest.raises(UpstreamFailed):
            await first
        assert await second == b"1"


async def test_a_waiter_gets_the_room_of_a_connection_that_could_not_be_made(short: Limits) -> None:
    async with client_of(per_origin=1) as client:
        results = await asyncio.gather(
            *(post(client, Origin("http", "127.0.0.1", 1), short) for _ in range(3)), return_exceptions=True
        )
        assert [getattr(result, "kind", None) for result in results] == [Failure.refused] * 3


async def test_a_waiter_that_gives_up_when_served_passes_it_on(short: Limits) -> None:
    async with serve(echo_number) as upstream, client_of(per_origin=1) as client:
        for turns in range(12):
            calls = [asyncio.ensure_future(ask(client, upstream.origin, short)) for _ in range(3)]
            await turn(turns)
            calls[1].cancel()
            first, _, third = await asyncio.gather(*calls, return_exceptions=True)
            assert first == third
            assert client.open_connections == 1


async def test_a_cancelled_holder_frees_its_slot_for_a_waiter(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        if peer.number > 0:
            await peer.answer()
        await peer.hang()

    async with serve(script) as upstream, client_of(per_origin=1) as client:
        first, second = (asyncio.ensure_future(ask(client, upstream.origin, short)) for _ in range(2))
        await until(lambda: len(upstream.requests) == 1)
        first.cancel()
        assert await second == b"ok"


async def test_connections_that_grew_old_are_closed(short: Limits) -> None:
    async with serve(echo_number) as upstream, client_of(idle_keep_s=0.3) as client:
        await asyncio.gather(*(ask(client, upstream.origin, short) for _ in range(3)))
        assert client.idle_connections == 3
        # The one that is kept busy stays; the surplus grows old.
        for _ in range(10):
            await asyncio.sleep(0.06)
            await ask(client, upstream.origin, short)
        assert client.idle_connections == 1
        await until(lambda: client.open_connections == 0)


async def test_an_exchange_abandoned_half_way_is_not_lent_again(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(HELD)
        await peer.hang()

    async with serve(script) as upstream, client_of(per_origin=2) as client:
        exchanges: list[Exchange] = [await post(client, upstream.origin, short) for _ in range(2)]
        for exchange in exchanges:
            exchange.close()
        assert client.idle_connections == 0
        await (await post(client, upstream.origin, short)).answered()
        assert upstream.connections == 3
