"""How the edge answers who is not known lives here: with where to learn of a way in (RFC 9728 section 5.1)."""

from __future__ import annotations

from aigne_hub.access.challenge import bearer_challenge, has_challenge
from aigne_hub.base.errors import HubError
from aigne_hub.edge.reading import hub_url
from aigne_hub.edge.wire import Headers, Scope
from aigne_hub.settings import Settings


def challenge(scope: Scope, settings: Settings, error: HubError) -> Headers:
    """The headers that tell of a way in; none for an error that needs none."""
    if not has_challenge(error):
        return []
    url = hub_url(scope, dict(scope["headers"]), settings)
    return [(b"www-authenticate", bearer_challenge(url, error).encode("ascii"))]
