"""How a request's head is written lives here."""

from __future__ import annotations

from collections.abc import Sequence

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound.origin import Origin

# The client alone decides framing, connection and coding; a second opinion in these fields would be a
# way to smuggle requests (RFC 9112 §11.2) or to break the connection's reuse (RFC 9110 §7.6.1).
OURS = frozenset(
    (
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"upgrade",
        b"expect",
        b"accept-encoding",
    )
)
_WITH_BODY = frozenset((b"POST", b"PUT", b"PATCH"))


def render_head(
    origin: Origin, method: bytes, path: bytes, headers: Sequence[tuple[bytes, bytes]], body_bytes: int
) -> bytes:
    """The head of a request, with Host, Accept-Encoding and Content-Length added.

    Fields in OURS are left out, whatever their case. Raises UpstreamFailed(refused) for line breaks, NUL
    or, in method and path, spaces, all of which could split the request (RFC 9112 §11.1).
    """
    parts = [method, b" ", path, b" HTTP/1.1\r\n", origin.head_lines]
    lines = 4
    for name, value in headers:
        if name.lower() not in OURS:
            parts += (name, b": ", value, b"\r\n")
            lines += 1
    if body_bytes or method in _WITH_BODY:
        parts.append(b"Content-Length: %d\r\n" % body_bytes)
        lines += 1
    parts.append(b"\r\n")
    head = b"".join(parts)
    if head.count(b"\r") != lines or head.count(b"\n") != lines or b"\0" in head or b" " in path or b" " in method:
        raise UpstreamFailed(
            Failure.refused, "the request was not sent: its path or a header holds a line break, a NUL or a stray space"
        )
    return head
