"""Clients that register themselves live here (RFC 7591)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.clients import ClientDraft, Clients
from aigne_hub.access.oauth.errors import OAuthError
from aigne_hub.access.oauth.records import Grant, NewClient
from aigne_hub.access.oauth.redirects import checked_redirects
from aigne_hub.access.oauth.scopes import SELF_SERVICE
from aigne_hub.access.preferences import read_preferences
from aigne_hub.access.users import checked_name
from aigne_hub.audit.records import Actor
from aigne_hub.base.errors import BadRequest, Unavailable
from aigne_hub.db.engine import Conn

MOST = 1000  # clients that registered themselves; unused ones are forgotten after a week
_METHODS = ("none", "client_secret_basic", "client_secret_post")
_OFFERED = frozenset(Grant) - {Grant.client_credentials}


@dataclass(frozen=True, slots=True)
class Registered:
    made: NewClient
    method: str


class Registration:
    """Each function is one step of its caller's transaction."""

    def __init__(self, clients: Clients, *, most: int = MOST) -> None:
        self._most = most
        self._clients = clients

    async def register(self, conn: Conn, by: Actor, metadata: Mapping[str, Any]) -> Registered:
        """A client by its own word (section 3.1). What we do not know of it is passed over (section 2).

        Raises OAuthError: `access_denied` unless an admin has switched registration on.
        """
        if not (await read_preferences(conn)).dynamic_registration:
            raise OAuthError(
                "access_denied", "an administrator registers clients here", status=403, refused_as="oauth.refuse"
            )
        if await store.count_dynamic(conn) >= self._most:
            raise Unavailable("too many clients have registered: tell an administrator", retry_after=3600)
        method = metadata.get("token_endpoint_auth_method", "client_secret_basic")
        if method not in _METHODS:
            raise _refusal(f"token_endpoint_auth_method is one of {', '.join(_METHODS)}")
        grants = _grants(metadata)
        draft = ClientDraft(
            name=_name(metadata),
            is_public=method == "none",
            redirect_uris=_redirects(metadata, is_needed=Grant.authorization_code in grants),
            grants=grants,
            scopes=_scopes(metadata),
        )
        try:
            made = await self._clients.create(conn, by, draft, is_dynamic=True)
        except BadRequest as error:
            raise _refusal(error.message) from None
        return Registered(made, method)


def _grants(metadata: Mapping[str, Any]) -> frozenset[Grant]:
    names = _texts(metadata, "grant_types") or [Grant.authorization_code]
    if not set(names) <= {grant.value for grant in _OFFERED}:
        raise _refusal(f"grant_types are some of {', '.join(sorted(_OFFERED))}")
    if (_texts(metadata, "response_types") or ["code"]) != ["code"]:
        raise _refusal("the only response_type is code")
    return frozenset(map(Grant, names))


def _redirects(metadata: Mapping[str, Any], *, is_needed: bool) -> tuple[str, ...]:
    uris = _texts(metadata, "redirect_uris")
    try:
        found = checked_redirects(uris)
    except BadRequest as error:
        raise OAuthError("invalid_redirect_uri", error.message) from None
    if is_needed and not found:
        raise OAuthError("invalid_redirect_uri", "redirect_uris are needed")
    return found


def _scopes(metadata: Mapping[str, Any]) -> frozenset[Scope]:
    """Those it wants that a client may give itself; the answer tells it which."""
    text = metadata.get("scope")
    if text is None:
        return SELF_SERVICE
    wanted = set(str(text).split()) & {scope.value for scope in SELF_SERVICE}
    if not wanted:
        raise _refusal(f"scope is some of {', '.join(sorted(SELF_SERVICE))}")
    return frozenset(map(Scope, wanted))


def _name(metadata: Mapping[str, Any]) -> str:
    try:
        return checked_name(str(metadata.get("client_name") or "Unnamed application"))
    except BadRequest as error:
        raise _refusal(error.message) from None


def _texts(metadata: Mapping[str, Any], name: str) -> list[str]:
    found = metadata.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _refusal(f"{name} is a list of texts")
    return found


def _refusal(message: str) -> OAuthError:
    return OAuthError("invalid_client_metadata", message)
