"""How the edge answers who is not known."""

from __future__ import annotations

from typing import Any

from aigne_hub.base.errors import NotAllowed, NotSignedIn
from aigne_hub.edge.challenge import challenge
from aigne_hub.settings import Settings

SETTINGS = Settings()
SCOPE: dict[str, Any] = {"scheme": "http", "client": ("192.0.2.1", 1), "headers": [(b"host", b"hub.test:3030")]}


def test_only_a_401_has_a_challenge() -> None:
    ((name, value),) = challenge(SCOPE, SETTINGS, NotSignedIn("no", code="missing_api_key"))
    assert name == b"www-authenticate"
    assert value == b'Bearer resource_metadata="http://hub.test:3030/.well-known/oauth-protected-resource"'
    assert challenge(SCOPE, SETTINGS, NotAllowed("no")) == []
