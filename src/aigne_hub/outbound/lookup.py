"""Looking up host names lives here, with a memory of seconds.

A burst of new connections to one provider would otherwise ask the resolver, which has few threads, once
for each of them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Resolver = Callable[[str, int], Awaitable[list[tuple[int, str]]]]
"""From host and port to (address family, numeric address) pairs, in the order to try; raises OSError."""

FOUND_KEEP_S = 5.0
MISSED_KEEP_S = 1.0
_MAX_REMEMBERED = 1000


async def resolve_by_system(host: str, port: int) -> list[tuple[int, str]]:
    """Ask the system's resolver, which also reads odd spellings of numbers such as 0x7f.1."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, str(sockaddr[0])) for family, _, _, _, sockaddr in found]


@dataclass(slots=True)
class _Lookup:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    found: list[tuple[int, str]] = field(default_factory=list)
    expires: float = 0.0


class Lookups:
    """Asks `resolver` once at a time for each host and port, and answers from memory for a few seconds."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._lookups: dict[tuple[str, int], _Lookup] = {}

    async def find(self, host: str, port: int) -> list[tuple[int, str]]:
        """The addresses of a host, none if it cannot be found. The caller bounds the time."""
        lookup = self._lookups.get((host, port))
        if lookup is None:
            if len(self._lookups) >= _MAX_REMEMBERED:
                self._lookups.clear()
            lookup = self._lookups[host, port] = _Lookup()
        loop = asyncio.get_running_loop()
        async with lookup.lock:
            if lookup.expires <= loop.time():
                try:
                    lookup.found = await self._resolver(host, port)
                except (OSError, UnicodeError):
                    lookup.found = []
                lookup.expires = loop.time() + (FOUND_KEEP_S if lookup.found else MISSED_KEEP_S)
            return lookup.found
