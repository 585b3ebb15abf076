"""Making connections: over TLS, to the first address that answers, within the limit."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Guard, Limits, Origin
from tests.outbound.certificates import Authority, make_authority
from tests.outbound.hostile import Peer, ask, client_of, drain, post, serve, until

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(Path(tmp_path_factory.mktemp("authority")))


def leading_to(*ips: str) -> Guard:
    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        return [(socket.AF_INET6 if ":" in ip else socket.AF_INET, ip) for ip in ips]

    return Guard(allow_private=True, resolver=resolver)


async def echo(peer: Peer) -> None:
    while True:
        request = await peer.read_request()
        await peer.answer(request.partition(b"\r\n\r\n")[2])


async def test_a_trusted_provider_is_spoken_to_over_tls_on_one_connection(authority: Authority) -> None:
    limits = Limits(connect_s=2, first_byte_s=2)
    async with (
        serve(echo, tls=authority.server) as upstream,
        client_of(guard=leading_to("127.0.0.1"), tls=authority.trusting) as client,
    ):
        origin = Origin("https", "provider.example", upstream.origin.port)
        for body in (b"small", b"x" * 2_000_000, b"again"):
            assert await ask(client, origin, limits, body) == body
        assert await drain(await post(client, origin, limits, b"y" * 1_000_000)) == b"y" * 1_000_000
        assert upstream.connections == 1


@pytest.mark.parametrize(
    ("host", "is_trusted", "words"),
    [("provider.example", False, "not trusted"), ("other.example", True, "not trusted")],
)
async def test_a_provider_that_cannot_prove_itself_is_refused(
    host: str, is_trusted: bool, words: str, authority: Authority
) -> None:
    tls = authority.trusting if is_trusted else None
    async with (
        serve(echo, tls=authority.server) as upstream,
        client_of(guard=leading_to("127.0.0.1"), tls=tls) as client,
    ):
        with pytest.raises(UpstreamFailed, match=words) as failed:
            await ask(client, Origin("https", host, upstream.origin.port), Limits(connect_s=2))
        assert failed.value.kind is Failure.refused
        assert upstream.requests == []


async def test_a_provider_without_tls_is_refused_over_https(short: Limits) -> None:
    async def script(peer: Peer) -> None:
        await peer.reader.read(10)
        await peer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serve(script) as upstream, client_of(guard=leading_to("127.0.0.1")) as client:
        with pytest.raises(UpstreamFailed, match=r"TLS handshake failed|connection was closed") as failed:
            await ask(client, Origin("https", "provider.example", upstream.origin.port), short)
        assert failed.value.kind is Failure.refused


async def test_a_handshake_that_hangs_passes_the_connect_limit(short: Limits) -> None:
    async with serve(Peer.hang) as upstream, client_of(guard=leading_to("127.0.0.1")) as client:
        with pytest.raises(UpstreamFailed, match=r"could not connect to .* within 0\.3 s") as failed:
            await ask(client, Origin("https", "provider.example", upstream.origin.port), short)
        assert failed.value.kind is Failure.timeout


async def test_a_handshake_that_is_cancelled_leaks_nothing(authority: Authority, short: Limits) -> None:
    async with (
        serve(echo, tls=authority.server) as upstream,
        client_of(guard=leading_to("127.0.0.1"), tls=authority.trusting) as client,
    ):
        origin = Origin("https", "provider.example", upstream.origin.port)
        for turns in range(0, 30, 2):
            task = asyncio.ensure_future(ask(client, origin, short))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await until(lambda: client.open_connections == client.idle_connections)


async def test_the_next_address_is_tried_when_one_refuses(short: Limits) -> None:
    async with serve(echo) as upstream, client_of(guard=leading_to("::1", "127.0.0.2", "127.0.0.1")) as client:
        assert await ask(client, Origin("http", "many.example", upstream.origin.port), short, b"hi") == b"hi"


async def test_an_address_that_does_not_answer_leaves_time_for_the_next(short: Limits) -> None:
    # A listener whose queue is full lets connects hang.
    with socket.socket() as full:
        full.bind(("127.0.0.2", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.2", port))
        async with serve(echo, port=port), client_of(guard=leading_to("127.0.0.2", "127.0.0.1")) as client:
            assert await ask(client, Origin("http", "many.example", port), short, b"hi") == b"hi"
        for filler in fillers:
            filler.close()


async def test_nothing_is_sent_to_a_forbidden_address(short: Limits) -> None:
    async with serve(echo) as upstream, client_of(guard=Guard(allow_private=False)) as client:
        with pytest.raises(UpstreamFailed) as failed:
            await ask(client, upstream.origin, short)
        assert failed.value.kind is Failure.forbidden_address
        assert upstream.connections == 0
