"""How the edge answers who is not known, and where it says the hub is."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from aigne_hub.base.errors import NotAllowed, NotSignedIn
from aigne_hub.edge.challenge import challenge, hub_url
from aigne_hub.settings import Settings

SETTINGS = Settings()


def scope(*headers: tuple[bytes, bytes], peer: str = "192.0.2.1") -> dict[str, Any]:
    return {"scheme": "http", "client": (peer, 1), "headers": [(b"host", b"hub.test:3030"), *headers]}


def test_only_a_401_has_a_challenge() -> None:
    ((name, value),) = challenge(scope(), SETTINGS, NotSignedIn("no", code="missing_api_key"))
    assert name == b"www-authenticate"
    assert value == b'Bearer resource_metadata="http://hub.test:3030/.well-known/oauth-protected-resource"'
    assert challenge(scope(), SETTINGS, NotAllowed("no")) == []


def test_the_public_address_comes_first() -> None:
    assert hub_url(scope(), replace(SETTINGS, public_url="https://hub.example")) == "https://hub.example"


def test_a_trusted_proxy_says_whether_it_was_https_and_nobody_else() -> None:
    forwarded = (b"x-forwarded-proto", b"https")
    settings = replace(SETTINGS, trusted_proxies=(ip_network("192.0.2.0/24"),))
    assert hub_url(scope(forwarded), settings) == "https://hub.test:3030"
    assert hub_url(scope(forwarded, peer="198.51.100.1"), settings) == "http://hub.test:3030"
    assert hub_url(scope(forwarded, peer="unix"), settings) == "http://hub.test:3030"
    assert hub_url(scope(forwarded), SETTINGS) == "http://hub.test:3030"
