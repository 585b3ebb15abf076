"""Making a connection lives here: resolve, check, connect, tunnel, TLS."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from dataclasses import dataclass

from aigne_hub.base.deadlines import Deadlines
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.connection import Connection
from aigne_hub.outbound.guard import Address, Guard
from aigne_hub.outbound.lookup import resolve_by_system
from aigne_hub.outbound.origin import Origin
from aigne_hub.outbound.proxy import Proxy, is_bypassed, open_tunnel

_PROBE_AFTER_S = 60


@dataclass(frozen=True, slots=True)
class Dialer:
    """Makes connections to any origin, straight or through the proxy."""

    loop: asyncio.AbstractEventLoop
    deadlines: Deadlines
    guard: Guard
    proxy: Proxy | None
    tls: ssl.SSLContext

    async def connect(self, origin: Origin, within_s: float) -> Connection:
        """A fresh connection; raises UpstreamFailed(refused, timeout or forbidden_address)."""
        try:
            async with asyncio.timeout(within_s):
                return await self._connect(origin, within_s)
        except TimeoutError:
            raise UpstreamFailed(Failure.timeout, f"could not connect to {origin} within {within_s:g} s") from None
        except OSError as error:
            raise UpstreamFailed(Failure.refused, f"could not connect to {origin}: {_reason(error)}") from error

    async def _connect(self, origin: Origin, within_s: float) -> Connection:
        proxy = None if is_bypassed(origin.host) else self.proxy
        if proxy is None:
            addresses = await self.guard.resolve(origin.host, origin.port)
            sock, round_trip_s = await self._connect_to_any(addresses, within_s)
        else:
            self.guard.check_literal(origin.host)
            sock, round_trip_s = await self._connect_to_proxy(proxy, within_s)
        try:
            if proxy is not None:
                await open_tunnel(self.loop, sock, proxy, origin)
            connection = await self._wrap(sock, origin)
        except BaseException:
            sock.close()
            raise
        connection.round_trip_s = round_trip_s
        return connection

    async def _connect_to_proxy(self, proxy: Proxy, within_s: float) -> tuple[socket.socket, float]:
        # The operator's own setting, so the guard has no say in it.
        try:
            found = await resolve_by_system(proxy.host, proxy.port)
            return await self._connect_to_any([Address(family, ip, proxy.port) for family, ip in found], within_s)
        except TimeoutError:
            raise
        except OSError as error:
            raise UpstreamFailed(Failure.refused, f"could not connect to the proxy: {_reason(error)}") from error

    async def _connect_to_any(self, addresses: list[Address], within_s: float) -> tuple[socket.socket, float]:
        """Try the addresses in order; an address that does not answer leaves the others a fair share."""
        give_up_at = self.loop.time() + within_s
        for tried, address in enumerate(addresses, start=1):
            is_last = tried == len(addresses)
            share_s = (give_up_at - self.loop.time()) / (len(addresses) - tried + 1)
            started = self.loop.time()
            try:
                sock = await self._connect_socket(address, within_s if is_last else share_s)
            except OSError:  # TimeoutError is one
                if is_last:
                    raise
            else:
                return sock, self.loop.time() - started
        raise OSError("no address")

    async def _connect_socket(self, address: Address, within_s: float) -> socket.socket:
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _keep_alive(sock)
            async with asyncio.timeout(within_s):
                await self.loop.sock_connect(sock, (address.ip, address.port))
        except BaseException:
            sock.close()
            raise
        return sock

    async def _wrap(self, sock: socket.socket, origin: Origin) -> Connection:
        is_secure = origin.scheme == "https"
        _, connection = await self.loop.create_connection(
            lambda: Connection(self.loop, self.deadlines),
            sock=sock,
            ssl=self.tls if is_secure else None,
            server_hostname=origin.host if is_secure else None,
        )
        return connection


def _keep_alive(sock: socket.socket) -> None:
    # A provider may think for longer than a router on the way remembers a silent connection.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBE_AFTER_S)


def _reason(error: OSError) -> str:
    """Why connecting failed, without the addresses that the error's own text may hold."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "the TLS handshake failed"
    if isinstance(error, socket.gaierror):
        return "its name was not found"
    return os.strerror(error.errno).lower() if error.errno else "the connection was closed"
