"""The errors of OAuth live here, in the words that its RFCs give them."""

from __future__ import annotations

from aigne_hub.base.errors import HubError


class OAuthError(HubError):
    """An error whose `code` is a word of an RFC: `invalid_grant`, `slow_down`, `invalid_client` …

    Its answer is the RFC's JSON (RFC 6749 section 5.2). A step returns one, and does not raise it, when what it
    changed must stay changed: a family of tokens that ended because one of them was used twice.
    """

    status = 400
    type = "oauth_error"

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        retry_after: int | None = None,
        refused_as: str | None = None,
        about: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code, retry_after=retry_after, refused_as=refused_as, about=about)
        self.status = status


class Unverified(OAuthError):
    """An authorization request of an unknown client, or to an address it did not register.

    Nothing may be sent to that address (RFC 6749 section 4.1.2.1): the person is told here.
    """

    def __init__(self, message: str) -> None:
        super().__init__("invalid_request", message, refused_as="oauth.refuse")


def invalid_request(message: str) -> OAuthError:
    return OAuthError("invalid_request", message)


def invalid_client(message: str = "the client is not known by what it showed", *, client_id: str = "") -> OAuthError:
    """RFC 6749 section 5.2: 401, with the way to authenticate."""
    return OAuthError(
        "invalid_client", message, status=401, refused_as="oauth.refuse", about=("client", client_id[:64] or "-")
    )


def invalid_grant(message: str, *, client_id: str) -> OAuthError:
    """RFC 6749 section 5.2: a code or token that is wrong, used, expired, revoked or another client's."""
    return OAuthError("invalid_grant", message, refused_as="oauth.refuse", about=("client", client_id))


def unauthorized_client(message: str, *, client_id: str) -> OAuthError:
    return OAuthError("unauthorized_client", message, refused_as="oauth.refuse", about=("client", client_id))


# Of errors that are not OAuth's own: RFC 6749 section 4.1.2.1, and RFC 6750 section 3.1 for who asks with a token.
_WORDS = {
    401: "invalid_token",
    403: "insufficient_scope",
    429: "temporarily_unavailable",
    503: "temporarily_unavailable",
}


def oauth_body(error: HubError) -> dict[str, str]:
    """How any error is told at an OAuth endpoint (RFC 6749 section 5.2)."""
    if isinstance(error, OAuthError):
        code = error.code
    else:
        code = _WORDS.get(error.status, "server_error" if error.status >= 500 else "invalid_request")
    return {"error": code, "error_description": "".join(c for c in error.message if " " <= c <= "~" and c not in '"\\')}
