"""The authorization request lives here: what a client asks a person for (RFC 6749 section 4.1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aigne_hub.access.identity import Scope
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.clients import refuse_other_grant
from aigne_hub.access.oauth.errors import OAuthError, Unverified, invalid_request
from aigne_hub.access.oauth.parameters import Parameters
from aigne_hub.access.oauth.records import Client, Grant
from aigne_hub.access.oauth.redirects import is_registered
from aigne_hub.access.oauth.scopes import wanted_scopes
from aigne_hub.db.engine import Conn

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # of SHA-256 in base64url (RFC 7636 section 4.2)
_LONGEST_STATE = 2000


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """Where the answer to a request goes, and what it repeats; `issuer` names us (RFC 9207)."""

    redirect_uri: str
    state: str | None
    issuer: str

    def url(self, answer: Mapping[str, str]) -> str:
        """The redirect URI with an answer in its query (RFC 6749 section 4.1.2)."""
        values = {**answer, **({} if self.state is None else {"state": self.state}), "iss": self.issuer}
        return self.redirect_uri + ("&" if "?" in self.redirect_uri else "?") + urlencode(values)

    def refusal(self, error: OAuthError) -> str:
        return self.url({"error": error.code, "error_description": error.message})


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be put before a person."""

    client_row: int
    place: AnswerPlace
    is_redirect_given: bool
    scopes: frozenset[Scope]
    challenge: str

    def as_payload(self) -> dict[str, Any]:
        return {
            "client": self.client_row,
            "redirect_uri": self.place.redirect_uri,
            "state": self.place.state,
            "issuer": self.place.issuer,
            "is_redirect_given": self.is_redirect_given,
            "scopes": sorted(self.scopes),
            "challenge": self.challenge,
        }

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any]) -> AuthorizationRequest:
        return cls(
            client_row=payload["client"],
            place=AnswerPlace(payload["redirect_uri"], payload["state"], payload["issuer"]),
            is_redirect_given=payload["is_redirect_given"],
            scopes=frozenset(map(Scope, payload["scopes"])),
            challenge=payload["challenge"],
        )


async def verified(conn: Conn, asked: Parameters, issuer: str) -> tuple[Client, AnswerPlace]:
    """The client and where its answer may go. Raises Unverified when that cannot be said for certain."""
    client_id, redirect_uri = _certain(asked, "client_id"), _certain(asked, "redirect_uri")
    client = None if client_id is None else await store.find_client_by_name(conn, client_id)
    if client is None or not client.is_live:
        raise Unverified("the application that sent you here is not known to this hub")
    if redirect_uri is None:
        if len(client.redirect_uris) != 1:
            raise Unverified("the application did not say where you should return to")
        redirect_uri = client.redirect_uris[0]
    elif not is_registered(redirect_uri, client.redirect_uris):
        raise Unverified("the application wants you to return to an address that it did not register")
    state = asked.once("state")
    return client, AnswerPlace(redirect_uri, state if len(state or "") <= _LONGEST_STATE else None, issuer)


def checked_request(asked: Parameters, client: Client, place: AnswerPlace) -> AuthorizationRequest:
    """The request, when all of it can be done. Raises OAuthError, of which the client may be told.

    PKCE with S256 is for every client (RFC 7636, RFC 9700 section 2.1.1).
    """
    asked.refuse_repeated()
    if len(asked.get("state") or "") > _LONGEST_STATE:
        raise invalid_request("the parameter state is too long")
    for name in ("request", "request_uri"):
        if asked.get(name) is not None:
            raise OAuthError(f"{name}_not_supported", "requests are given as parameters")
    if asked.need("response_type") != "code":
        raise OAuthError("unsupported_response_type", "the only response_type is code")
    refuse_other_grant(client, Grant.authorization_code)
    if asked.get("response_mode") not in (None, "query"):
        raise invalid_request("the only response_mode is query")
    if "none" in (asked.get("prompt") or "").split(" "):
        raise OAuthError("interaction_required", "a person is always asked")
    if asked.get("code_challenge_method") != "S256":
        raise invalid_request("PKCE is needed: code_challenge with code_challenge_method=S256")
    challenge = asked.need("code_challenge")
    if not _CHALLENGE.fullmatch(challenge):
        raise invalid_request("code_challenge is the SHA-256 of the verifier in base64url, 43 characters")
    asked.refuse_foreign_resource(place.issuer)
    scopes = wanted_scopes(asked.get("scope"), client.scopes)
    return AuthorizationRequest(client.id, place, asked.get("redirect_uri") is not None, scopes, challenge)


def _certain(asked: Parameters, name: str) -> str | None:
    try:
        return asked.get(name)
    except OAuthError as error:
        raise Unverified(error.message) from None
