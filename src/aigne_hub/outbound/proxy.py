"""The way through a forward proxy lives here: its address, and the CONNECT that opens a tunnel."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.limits import KIB
from aigne_hub.outbound.origin import Origin

_MAX_ANSWER = 16 * KIB
_READ_BYTES = 4 * KIB


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """A forward proxy; `credential` is the ready value of Proxy-Authorization, or None."""

    host: str
    port: int
    credential: bytes | None

    def __repr__(self) -> str:
        return f"Proxy(host={self.host!r}, port={self.port})"

    @staticmethod
    def parse(url: str) -> Proxy:
        """Read `http://[user:password@]host[:port]`; raises ValueError with a sentence for the operator."""
        try:
            parts = urlsplit(url)
            # Split off here, because an Origin never holds user name and password.
            origin, path = Origin.parse(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
        except ValueError as error:
            raise ValueError(f"the proxy's address: {error}") from None
        if origin.scheme != "http" or path:
            raise ValueError("the proxy's address must be http://host:port")
        credential = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            credential = b"Basic " + base64.b64encode(pair.encode())
        return Proxy(origin.host, origin.port, credential)


def is_bypassed(host: str) -> bool:
    """Whether a host is this machine itself, which no proxy leads to."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def open_tunnel(loop: asyncio.AbstractEventLoop, sock: socket.socket, proxy: Proxy, origin: Origin) -> None:
    """Ask the proxy at the other end of `sock` for a tunnel to `origin` (RFC 9110 §9.3.6).

    Raises UpstreamFailed(refused). The caller bounds the time.
    """
    target = str(origin).encode("ascii")
    lines = [b"CONNECT %b HTTP/1.1" % target, b"Host: %b" % target]
    if proxy.credential is not None:
        lines.append(b"Proxy-Authorization: " + proxy.credential)
    await loop.sock_sendall(sock, b"\r\n".join(lines) + b"\r\n\r\n")
    status_line = await _read_status_line(loop, sock)
    words = status_line.split(b" ", 2)
    if not words[0].startswith(b"HTTP/1.") or len(words) == 1 or not words[1].isdigit():
        raise _refused("did not answer in HTTP")
    if not words[1].startswith(b"2"):
        raise _refused(f"refused the tunnel to {origin} with status {int(words[1])}")


async def _read_status_line(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = await loop.sock_recv(sock, _READ_BYTES)
        answer += piece
        if not piece or len(answer) > _MAX_ANSWER:
            raise _refused("closed the connection or did not stop talking")
    head, _, rest = answer.partition(b"\r\n\r\n")
    if rest:
        # Through the tunnel we speak first, so these bytes are the proxy's own.
        raise _refused("spoke out of turn")
    return head.partition(b"\r\n")[0]


def _refused(what: str) -> UpstreamFailed:
    return UpstreamFailed(Failure.refused, f"the proxy {what}")
