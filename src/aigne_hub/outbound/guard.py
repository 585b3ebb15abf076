"""The address guard lives here: which addresses the hub may connect to.

It answers with the checked addresses themselves, and the connection is made to one of those, so a name
that resolves differently a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.lookup import Lookups, Resolver, resolve_by_system

# IANA's special-purpose registries (RFC 6890), and where clouds serve credentials to whoever asks.
_NEVER_V4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host (RFC 791)
        "169.254.0.0/16",  # link-local, most clouds' metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "100.100.100.200/32",  # Alibaba Cloud metadata
        "168.63.129.16/32",  # Azure's host agent
        "192.0.0.192/32",  # Oracle Cloud metadata
    )
]
_PRIVATE_V4 = [
    IPv4Network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
    )
]
_NEVER_V6 = [
    IPv6Network(network)
    for network in (
        "fd00:ec2::254/128",  # AWS metadata
        "fd20:ce::254/128",  # Google Cloud metadata
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
    )
]
_PRIVATE_V6 = [IPv6Network(network) for network in ("::1/128", "fc00::/7", "fec0::/10", "64:ff9b:1::/48")]
_GLOBAL_V6 = IPv6Network("2000::/3")
_V4_IN_LAST_BITS = [IPv6Network(network) for network in ("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")]
_SIX_TO_FOUR = IPv6Network("2002::/16")


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric address that may be connected to; `family` is a socket.AF_ number."""

    family: int
    ip: str
    port: int


class Guard:
    """Resolves hosts and refuses those with an address the hub must not reach.

    `allow_private` admits loopback, private, shared (CGNAT) and unique-local addresses, for models that
    run in the same house. Link-local, multicast, reserved and metadata addresses are never admitted.
    """

    def __init__(self, *, allow_private: bool, resolver: Resolver = resolve_by_system) -> None:
        self._allow_private = allow_private
        self._lookups = Lookups(resolver)

    async def resolve(self, host: str, port: int) -> list[Address]:
        """The addresses to try, in order, all of them checked.

        Raises UpstreamFailed: `forbidden_address` if even one may not be reached, `refused` if there is none.
        """
        found = await self._lookups.find(host, port)
        if not found:
            raise UpstreamFailed(Failure.refused, f"could not find the address of {host}")
        for _, ip in found:
            self._require(host, ip)
        return [Address(family, ip, port) for family, ip in found]

    def check_literal(self, host: str) -> None:
        """Refuse a host that is itself a forbidden numeric address, for when a proxy does the resolving."""
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            ip = host if family == socket.AF_INET6 else socket.inet_ntoa(socket.inet_aton(host))
        except OSError:
            return
        self._require(host, ip)

    def admits(self, ip: str) -> bool:
        """Whether this numeric address may be connected to."""
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return False
        if isinstance(address, IPv6Address):
            return self._admits_v6(address)
        return self._admits_v4(address)

    def _require(self, host: str, ip: str) -> None:
        if not self.admits(ip):
            raise UpstreamFailed(Failure.forbidden_address, f"{host} leads to an address the hub may not connect to")

    def _admits_v4(self, address: IPv4Address) -> bool:
        if any(address in network for network in _NEVER_V4):
            return False
        return self._allow_private or not any(address in network for network in _PRIVATE_V4)

    def _admits_v6(self, address: IPv6Address) -> bool:
        if address.scope_id is not None or any(address in network for network in _NEVER_V6):
            return False
        if any(address in network for network in _V4_IN_LAST_BITS):
            embedded = IPv4Address(int(address) & 0xFFFF_FFFF)
            is_private = any(address in network for network in _PRIVATE_V6)
            return self._admits_v4(embedded) and (self._allow_private or not is_private)
        if address in _SIX_TO_FOUR:
            return self._admits_v4(IPv4Address((int(address) >> 80) & 0xFFFF_FFFF))
        if address in _GLOBAL_V6:
            return True
        return self._allow_private and any(address in network for network in _PRIVATE_V6)
