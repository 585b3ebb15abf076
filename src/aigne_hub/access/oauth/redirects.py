"""Where an answer may be sent lives here: exactly where the client registered."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aigne_hub.base.errors import BadRequest

_LONGEST = 500
_MOST = 20
_HTTPS = re.compile(
    r"https://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?].*)?"
)
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?((?:[/?].*)?)")
_PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:.*")
_TEXT = re.compile(r"[\x21-\x7e]+")


def checked_redirects(uris: Iterable[str]) -> tuple[str, ...]:
    """The redirect URIs, when a client may have them. Raises BadRequest that says what is wrong.

    They are https, http to this machine, or of a scheme that is an application's own, as a domain turned
    around is (RFC 8252 section 7); none has a fragment (RFC 6749 section 3.1.2), a wildcard or a user name.
    """
    found = tuple(dict.fromkeys(uris))
    if len(found) > _MOST:
        raise _bad(f"a client has at most {_MOST} redirect URIs")
    for uri in found:
        if len(uri) > _LONGEST or not _TEXT.fullmatch(uri):
            raise _bad(f"a redirect URI has at most {_LONGEST} characters, and no spaces")
        if "#" in uri or "*" in uri or "\\" in uri:
            raise _bad("a redirect URI has no fragment, no wildcard and no backslash")
        if not (_HTTPS.fullmatch(uri) or _LOOPBACK.fullmatch(uri) or _PRIVATE.fullmatch(uri)):
            raise _bad("a redirect URI is https, http to 127.0.0.1, or of a scheme such as com.example.app")
    return found


def is_registered(asked: str, registered: Iterable[str]) -> bool:
    """Whether an answer may go to `asked`: character by character (RFC 9700 section 2.1).

    Of a URI on this machine the port is free, as a native application takes whichever it gets
    (RFC 8252 section 7.3).
    """
    return any(
        asked == one or (_portless(asked) is not None and _portless(asked) == _portless(one)) for one in registered
    )


def host_of(uri: str) -> str:
    """What a person is told of where they return to: the host, or the scheme of an application's own."""
    found = re.match(r"https?://([^/?]+)", uri)
    return found[1] if found else uri.partition(":")[0]


def _portless(uri: str) -> tuple[str, str] | None:
    found = _LOOPBACK.fullmatch(uri) if _TEXT.fullmatch(uri) and "#" not in uri else None
    return (found[1], found[2]) if found else None


def _bad(message: str) -> BadRequest:
    return BadRequest(message, param="redirectUris")
