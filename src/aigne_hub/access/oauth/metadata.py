"""What the hub publishes about itself as an authorization server and a resource lives here (RFC 8414, RFC 9728)."""

from __future__ import annotations

from typing import Any

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth.records import Grant

_CONFIDENTIAL = ["client_secret_basic", "client_secret_post"]


def server_metadata(issuer: str, *, can_register: bool) -> dict[str, Any]:
    """RFC 8414 section 2, and what RFC 7636, 8628, 8707 and 9207 add to it."""
    found: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [grant.value for grant in Grant],
        "token_endpoint_auth_methods_supported": [*_CONFIDENTIAL, "none"],
        "revocation_endpoint_auth_methods_supported": [*_CONFIDENTIAL, "none"],
        "introspection_endpoint_auth_methods_supported": _CONFIDENTIAL,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
    if can_register:
        found["registration_endpoint"] = f"{issuer}/oauth/register"
    return found


def resource_metadata(issuer: str, path: str) -> dict[str, Any]:
    """RFC 9728 section 2, of the hub or of what is at `path` below it."""
    return {
        "resource": f"{issuer}/{path}".rstrip("/"),
        "authorization_servers": [issuer],
        "scopes_supported": [scope.value for scope in Scope],
        "bearer_methods_supported": ["header"],
        "resource_name": "AIGNE Hub",
    }
