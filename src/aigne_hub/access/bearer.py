"""Where a request carries its key is known here (contract 1.2)."""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from aigne_hub.base.errors import BadRequest, NotSignedIn

_KEY_HEADERS = frozenset({b"x-api-key", b"x-goog-api-key"})
_ALL_HEADERS = _KEY_HEADERS | {b"authorization", b"cookie"}
MULTIPLE = "Access token found in multiple locations"


def find_bearer(
    headers: Iterable[tuple[bytes, bytes]], query: bytes, body_token: str | None, *, with_cookie: bool = True
) -> str | None:
    """The key a request shows: header, cookie `login_token`, body or query `access_token`.

    Anthropic's clients show it as `x-api-key`, Google's as `x-goog-api-key`.
    Without `with_cookie` the cookie does not count: a browser sends it for any site that asks.
    Raises BadRequest when it shows more than one, NotSignedIn when the header is malformed.
    """
    found: list[str] = []
    for name, value in headers:
        if name not in _ALL_HEADERS:
            continue
        if name == b"authorization":
            found.append(_from_header(value))
        elif name in _KEY_HEADERS:
            found.append(value.decode("latin-1"))
        elif name == b"cookie" and with_cookie and b"login_token" in value:
            found += filter(None, [_from_cookie(value, "login_token")])
    if body_token is not None:
        found.append(body_token)
    if b"access_token" in query:
        found += parse_qs(query.decode("latin-1"), keep_blank_values=True).get("access_token", [])
    if len(found) > 1:
        raise BadRequest(MULTIPLE, code="multiple_credentials")
    return found[0] if found else None


def find_cookie(headers: Iterable[tuple[bytes, bytes]], wanted: str) -> str | None:
    """The value of a cookie; None when there is none, or an empty one."""
    for name, value in headers:
        if name == b"cookie" and (found := _from_cookie(value, wanted)):
            return found
    return None


def _from_header(value: bytes) -> str:
    scheme, _, token = value.partition(b" ")
    if scheme.lower() != b"bearer" or not token or b" " in token:
        raise NotSignedIn("the access key is not valid", code="invalid_api_key")
    return token.decode("latin-1")


def _from_cookie(value: bytes, name: str) -> str | None:
    try:
        morsel = SimpleCookie(value.decode("latin-1")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None
