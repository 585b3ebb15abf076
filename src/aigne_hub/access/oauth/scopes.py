"""Scopes as OAuth speaks of them live here (RFC 6749 section 3.3)."""

from __future__ import annotations

from collections.abc import Iterable

from aigne_hub.access.identity import Scope, User
from aigne_hub.access.oauth.errors import OAuthError

SELF_SERVICE = frozenset({Scope.inference, Scope.models_read, Scope.usage_read})  # what a client may give itself


def wanted_scopes(text: str | None, allowed: frozenset[Scope]) -> frozenset[Scope]:
    """The scopes a client asks for, by default all it may. Raises OAuthError for one it may not, or nobody knows."""
    if text is None:
        return allowed
    names = set(text.split(" ")) - {""}
    unknown = names - {str(scope) for scope in allowed}
    if unknown or not names:
        raise OAuthError("invalid_scope", "this client may ask for these scopes: " + written(allowed))
    return frozenset(Scope(name) for name in names)


def useful_scopes(scopes: frozenset[Scope], user: User) -> frozenset[Scope]:
    """Without what the user has no use of: a token does not wait for its user to become an admin."""
    return scopes if user.role.manages else scopes - {Scope.admin}


def written(scopes: Iterable[Scope]) -> str:
    return " ".join(sorted(scopes))
