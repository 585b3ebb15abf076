"""Going through a forward proxy: the tunnel, the proxy's refusals, and what never goes through it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from pathlib import Path

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Guard, Limits, Origin
from aigne_hub.outbound.proxy import Proxy, is_bypassed
from tests.outbound.certificates import make_authority
from tests.outbound.hostile import Peer, Script, Upstream, ask, client_of, serve

pytestmark = pytest.mark.anyio


async def echo(peer: Peer) -> None:
    while True:
        request = await peer.read_request()
        await peer.answer(request.partition(b"\r\n\r\n")[2])


def tunnelling_to(upstream: Upstream, *, split: bool = False) -> Script:
    """A proxy that leads every tunnel to `upstream`."""

    async def script(peer: Peer) -> None:
        await peer.read_request()
        reader, writer = await asyncio.open_connection("127.0.0.1", upstream.origin.port)
        accepted = b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n"
        await peer.write_split(*([accepted[i : i + 1] for i in range(len(accepted))] if split else [accepted]))
        try:
            await asyncio.gather(_pump(peer.reader, writer), _pump(reader, peer.writer))
        finally:
            writer.close()

    return script


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def proxy_url(proxy: Upstream, userinfo: str = "") -> str:
    return f"http://{userinfo}127.0.0.1:{proxy.origin.port}"


@pytest.mark.parametrize("split", [False, True])
async def test_a_provider_is_reached_through_a_tunnel(split: bool, short: Limits) -> None:
    origin = Origin("http", "provider.example", 8080)
    async with serve(echo) as upstream, serve(tunnelling_to(upstream, split=split)) as proxy:
        async with client_of(proxy=proxy_url(proxy, "us%40er:pass@")) as client:
            for body in (b"one", b"two"):
                assert await ask(client, origin, short, body) == body
        credential = base64.b64encode(b"us@er:pass")
        assert proxy.requests == [
            b"CONNECT provider.example:8080 HTTP/1.1\r\nHost: provider.example:8080\r\n"
            b"Proxy-Authorization: Basic " + credential + b"\r\n\r\n"
        ]
        assert all(b"roxy" not in request for request in upstream.requests)


async def test_tls_goes_through_the_tunnel_to_the_provider_itself(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    origin = Origin("https", "provider.example", 443)
    async with serve(echo, tls=authority.server) as upstream, serve(tunnelling_to(upstream)) as proxy:
        async with client_of(proxy=proxy_url(proxy), tls=authority.trusting) as client:
            body = b"x" * 300_000
            assert await ask(client, origin, Limits(connect_s=2, first_byte_s=2), body) == body
        assert proxy.requests == [b"CONNECT provider.example:443 HTTP/1.1\r\nHost: provider.example:443\r\n\r\n"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "status 407"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "status 502"),
        (b"garbage\r\n\r\n", "did not answer in HTTP"),
        (b"HTTP/1.1\r\n\r\n", "did not answer in HTTP"),
        (b"", "closed the connection"),
        (b"x" * 20_000, "closed the connection"),
        (b"HTTP/1.1 200 OK\r\n\r\nsurplus", "out of turn"),
    ],
)
async def test_a_proxy_that_does_not_open_the_tunnel_is_a_refusal_that_says_so(
    answer: bytes, words: str, short: Limits
) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.write(answer)

    async with serve(script) as proxy, client_of(proxy=proxy_url(proxy, "name:secret@")) as client:
        with pytest.raises(UpstreamFailed, match=f"the proxy .*{words}") as failed:
            await ask(client, Origin("http", "provider.example", 80), short)
        assert failed.value.kind is Failure.refused
        assert "secret" not in failed.value.message


async def test_a_proxy_that_is_not_there_is_a_refusal_that_says_so(short: Limits) -> None:
    async with client_of(proxy="http://127.0.0.1:1") as client:
        with pytest.raises(UpstreamFailed, match="could not connect to the proxy: connection refused") as failed:
            await ask(client, Origin("http", "provider.example", 80), short)
        assert failed.value.kind is Failure.refused


async def test_a_proxy_that_hangs_passes_the_connect_limit(short: Limits) -> None:
    async with serve(Peer.hang) as proxy, client_of(proxy=proxy_url(proxy)) as client:
        with pytest.raises(UpstreamFailed) as failed:
            await ask(client, Origin("http", "provider.example", 80), short)
        assert failed.value.kind is Failure.timeout


async def test_this_machine_is_reached_without_the_proxy(short: Limits) -> None:
    async with serve(echo) as upstream, client_of(proxy="http://127.0.0.1:1") as client:
        assert await ask(client, upstream.origin, short, b"straight") == b"straight"


async def test_a_forbidden_number_is_not_asked_of_the_proxy(short: Limits) -> None:
    async with serve(Peer.hang) as proxy:
        async with client_of(proxy=proxy_url(proxy), guard=Guard(allow_private=False)) as client:
            with pytest.raises(UpstreamFailed) as failed:
                await ask(client, Origin("http", "169.254.169.254", 80), short)
        assert failed.value.kind is Failure.forbidden_address
        assert proxy.connections == 0


@pytest.mark.parametrize(
    ("host", "bypassed"),
    [
        ("localhost", True),
        ("api.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_only_this_machine_is_bypassed(host: str, bypassed: bool) -> None:
    assert is_bypassed(host) is bypassed


@pytest.mark.parametrize("url", ["https://proxy:3128", "socks5://proxy:1080", "http://", "http://proxy/path", "proxy"])
def test_a_malformed_proxy_address_is_told(url: str) -> None:
    with pytest.raises(ValueError, match="proxy"):
        Proxy.parse(url)


def test_a_proxy_does_not_show_its_credential() -> None:
    proxy = Proxy.parse("http://name:secret@proxy.example:3128")
    assert repr(proxy) == "Proxy(host='proxy.example', port=3128)"
    assert proxy.credential == b"Basic " + base64.b64encode(b"name:secret")
    assert Proxy.parse("http://proxy.example").credential is None
