"""What a caller is told of how to get in lives here (RFC 6750 section 3, RFC 9728 section 5.1)."""

from __future__ import annotations

import re

from aigne_hub.base.errors import HubError

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,260}(/[A-Za-z0-9._~/-]*)?")
_SCOPE = "insufficient_scope"
_NEW = ("missing_api_key", "forbidden", "session_ended")  # nothing was shown that could be wrong


def has_challenge(error: HubError) -> bool:
    """Whether other credentials would help: for whoever is not known, or may too little with what they showed."""
    return error.status == 401 or error.code == _SCOPE


def bearer_challenge(hub_url: str, error: HubError) -> str:
    """The value of `WWW-Authenticate`; `hub_url` is where the caller reached the hub, without a final `/`.

    A URL that is none, as a caller may write any Host, is left out.
    """
    parts = []
    if error.code == _SCOPE:
        parts.append(f'error="{_SCOPE}"')
    elif error.code not in _NEW:
        parts.append('error="invalid_token"')
    if _ORIGIN.fullmatch(hub_url):
        parts.append(f'resource_metadata="{hub_url}/.well-known/oauth-protected-resource"')
    return " ".join(["Bearer", ", ".join(parts)]) if parts else "Bearer"
