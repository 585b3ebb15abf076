"""How the edge answers who is not known: with where the hub was reached."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from aigne_hub.base.errors import NotAllowed, NotSignedIn
from aigne_hub.edge.challenge import challenge, hub_url
from aigne_hub.settings import Settings


def scope(host: bytes = b"hub:3030", **headers: bytes) -> Any:
    fields = [(b"host", host), *((name.replace("_", "-").encode(), value) for name, value in headers.items())]
    return {"scheme": "http", "client": ("10.0.0.9", 5), "headers": fields}


def test_only_a_401_is_challenged() -> None:
    assert challenge(scope(), Settings(), NotAllowed("no")) == []
    ((name, value),) = challenge(scope(), Settings(), NotSignedIn("no", code="missing_api_key"))
    assert name == b"www-authenticate" and b'"http://hub:3030/.well-known/' in value


@pytest.mark.parametrize(
    ("settings", "headers", "url"),
    [
        (Settings(), {}, "http://hub:3030"),
        (Settings(), {"x_forwarded_proto": b"https"}, "http://hub:3030"),
        (replace(Settings(), public_url="https://ai.example.com"), {}, "https://ai.example.com"),
        (
            replace(Settings(), trusted_proxies=(ip_network("10.0.0.0/8"),)),
            {"x_forwarded_proto": b"https"},
            "https://hub:3030",
        ),
    ],
)
def test_a_header_is_believed_of_a_trusted_proxy_alone(settings: Settings, headers: dict[str, bytes], url: str) -> None:
    assert hub_url(scope(**headers), settings) == url
