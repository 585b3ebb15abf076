"""The parameters of an OAuth request live here: each at most once, and empty ones absent (RFC 6749 section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

from aigne_hub.access.oauth.errors import OAuthError, invalid_request

_MOST = 50
_LONGEST = 4000  # characters of one value
_REPEATABLE = "resource"  # RFC 8707 section 2


class Parameters:
    """What a request says. `state` and the client may be asked for before the rest is checked."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value != "":
                self._values.setdefault(name, []).append(value)

    @classmethod
    def read(cls, text: bytes) -> Parameters:
        """From `application/x-www-form-urlencoded`. Raises OAuthError when it is none."""
        try:
            pairs = parse_qsl(text.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST, errors="strict")
        except ValueError:
            raise invalid_request(f"the parameters cannot be read: at most {_MOST}, form-encoded in UTF-8") from None
        return cls(pairs)

    def get(self, name: str) -> str | None:
        """The value of a parameter. Raises OAuthError when it is there twice, or too long."""
        found = self._values.get(name, [])
        if len(found) > 1:
            raise invalid_request(f"the parameter {name} is there more than once")
        if found and len(found[0]) > _LONGEST:
            raise invalid_request(f"the parameter {name} is too long")
        return found[0] if found else None

    def need(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise invalid_request(f"the parameter {name} is missing")
        return value

    def once(self, name: str) -> str | None:
        """The value of a parameter that is there exactly once, else None."""
        found = self._values.get(name, [])
        return found[0] if len(found) == 1 else None

    def refuse_repeated(self) -> None:
        """Raises OAuthError when any parameter is there more than once; a resource may be."""
        for name in self._values:
            if name != _REPEATABLE:
                self.get(name)

    def refuse_foreign_resource(self, issuer: str) -> None:
        """Raises OAuthError when the tokens are wanted for somebody else (RFC 8707 section 2)."""
        for resource in self._values.get(_REPEATABLE, []):
            if resource.rstrip("/") != issuer and not resource.startswith(issuer + "/"):
                raise OAuthError("invalid_target", "this hub gives tokens for itself alone")
