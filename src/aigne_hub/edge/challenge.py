"""How the edge answers who is not known lives here: with where to learn of a way in (RFC 9728 section 5.1)."""

from __future__ import annotations

from ipaddress import ip_address

from aigne_hub.access.challenge import bearer_challenge, has_challenge
from aigne_hub.base.errors import HubError
from aigne_hub.edge.wire import Headers, Scope
from aigne_hub.settings import Settings


def challenge(scope: Scope, settings: Settings, error: HubError) -> Headers:
    """The headers that tell of a way in; none for an error that needs none."""
    if not has_challenge(error):
        return []
    return [(b"www-authenticate", bearer_challenge(hub_url(scope, settings), error).encode("ascii"))]


def hub_url(scope: Scope, settings: Settings) -> str:
    """Where the caller reached the hub: its public address, else the host that was asked."""
    if settings.public_url:
        return settings.public_url
    fields = dict(scope["headers"])
    return f"{_scheme(scope, fields, settings)}://{fields.get(b'host', b'').decode('latin-1')}"


def _scheme(scope: Scope, fields: dict[bytes, bytes], settings: Settings) -> str:
    peer = scope["client"][0] if scope.get("client") else ""
    if settings.trusted_proxies and b"x-forwarded-proto" in fields and _is_trusted(peer, settings):
        return "https" if fields[b"x-forwarded-proto"].split(b",")[-1].strip() == b"https" else "http"
    return str(scope.get("scheme", "http"))


def _is_trusted(peer: str, settings: Settings) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in settings.trusted_proxies)
