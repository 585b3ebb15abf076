"""Which addresses may be connected to, and that it is the checked address that is connected to."""

from __future__ import annotations

import socket

import pytest

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Guard, Limits, Origin
from aigne_hub.outbound.guard import Address
from tests.outbound.hostile import Peer, ask, client_of, serve

pytestmark = pytest.mark.anyio

GLOBAL = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2001:4860:4860::8888"]
GLOBAL_EMBEDDED = ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "198.18.0.1",
    "::1",
    "fd12:3456::1",
    "fc00::1",
    "fec0::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%1",
    "febf::1",
    "ff02::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "2001:db8::1",
    "2001::1",
    "4000::1",
    "100::1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "::ffff:224.0.0.1",
    "::169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2002:e000:1::",
    "not an address",
    "",
]


@pytest.mark.parametrize("ip", GLOBAL + GLOBAL_EMBEDDED)
def test_global_addresses_are_always_admitted(ip: str) -> None:
    assert Guard(allow_private=False).admits(ip)
    assert Guard(allow_private=True).admits(ip)


@pytest.mark.parametrize("ip", PRIVATE)
def test_private_addresses_are_admitted_only_when_allowed(ip: str) -> None:
    assert not Guard(allow_private=False).admits(ip)
    assert Guard(allow_private=True).admits(ip)


@pytest.mark.parametrize("ip", NEVER)
def test_some_addresses_are_never_admitted(ip: str) -> None:
    assert not Guard(allow_private=False).admits(ip)
    assert not Guard(allow_private=True).admits(ip)


@pytest.mark.parametrize("ip", ["100.64.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "fec0::1"])
def test_bifrost_ghsa_w98g_5w9p_p3rc_no_range_is_forgotten(ip: str) -> None:
    """CGNAT, 6to4, NAT64 and site-local addresses, which a list of what is forbidden had left out."""
    assert not Guard(allow_private=False).admits(ip)


async def test_new_api_ghsa_6qcr_qxgr_m7fv_a_name_that_leads_inside_is_refused() -> None:
    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        return [(socket.AF_INET, "10.0.0.1")]

    with pytest.raises(UpstreamFailed) as failed:
        await Guard(allow_private=False, resolver=resolver).resolve("hook.example", 443)
    assert failed.value.kind is Failure.forbidden_address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost"])
async def test_odd_spellings_of_loopback_are_seen_through(host: str) -> None:
    guard = Guard(allow_private=False)
    with pytest.raises(UpstreamFailed) as failed:
        await guard.resolve(host, 80)
    assert failed.value.kind is Failure.forbidden_address
    assert failed.value.message == f"{host} leads to an address the hub may not connect to"
    if host != "localhost":
        with pytest.raises(UpstreamFailed):
            guard.check_literal(host)


@pytest.mark.parametrize("host", ["api.example.com", "8.8.8.8", "2606:4700::1111"])
def test_a_host_that_is_no_forbidden_number_passes_as_a_literal(host: str) -> None:
    Guard(allow_private=False).check_literal(host)


async def test_one_forbidden_address_among_many_forbids_the_host() -> None:
    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        return [(socket.AF_INET, "8.8.8.8"), (socket.AF_INET, "169.254.169.254")]

    with pytest.raises(UpstreamFailed) as failed:
        await Guard(allow_private=True, resolver=resolver).resolve("mixed.example", 443)
    assert failed.value.kind is Failure.forbidden_address
    assert "169" not in failed.value.message


@pytest.mark.parametrize("error", [socket.gaierror(-2, "nope"), UnicodeError("label too long")])
async def test_a_host_without_address_is_refused(error: Exception) -> None:
    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        raise error

    with pytest.raises(UpstreamFailed, match=r"could not find the address of gone\.example") as failed:
        await Guard(allow_private=True, resolver=resolver).resolve("gone.example", 443)
    assert failed.value.kind is Failure.refused


async def test_addresses_keep_the_resolvers_order() -> None:
    async def resolver(host: str, port: int) -> list[tuple[int, str]]:
        return [(socket.AF_INET6, "2606:4700::1111"), (socket.AF_INET, "1.1.1.1")]

    found = await Guard(allow_private=False, resolver=resolver).resolve("both.example", 443)
    assert found == [Address(socket.AF_INET6, "2606:4700::1111", 443), Address(socket.AF_INET, "1.1.1.1", 443)]


async def test_a_name_that_changes_its_mind_after_the_check_is_connected_to_where_it_was_checked(short: Limits) -> None:
    asked = 0

    async def rebinding(host: str, port: int) -> list[tuple[int, str]]:
        nonlocal asked
        asked += 1
        return [(socket.AF_INET, "127.0.0.1" if asked == 1 else "169.254.169.254")]

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.answer(b"pinned")

    async with serve(script) as upstream, client_of(guard=Guard(allow_private=True, resolver=rebinding)) as client:
        origin = Origin("http", "rebinding.example", upstream.origin.port)
        assert await ask(client, origin, short) == b"pinned"
        assert asked == 1
        await client.close()
    async with client_of(guard=Guard(allow_private=True, resolver=rebinding)) as client:
        with pytest.raises(UpstreamFailed) as failed:
            await ask(client, origin, short)
        assert failed.value.kind is Failure.forbidden_address
