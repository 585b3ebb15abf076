"""Where a provider is reached lives here: scheme, host and port, parsed once from its address."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_PATH = re.compile(r"[!-~]*")
_MAX_HOST_NAME = 253


@dataclass(frozen=True, slots=True)
class Origin:
    """One place connections lead to. Make it with `parse`; `host` is lower case, IPv6 without brackets."""

    scheme: str
    host: str
    port: int
    host_header: bytes = field(init=False, repr=False, compare=False)
    head_lines: bytes = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        name = f"[{self.host}]" if ":" in self.host else self.host
        if self.port != _DEFAULT_PORTS.get(self.scheme):
            name = f"{name}:{self.port}"
        host_header = name.encode("ascii")
        object.__setattr__(self, "host_header", host_header)
        object.__setattr__(self, "head_lines", b"Host: %b\r\nAccept-Encoding: identity\r\n" % host_header)
        object.__setattr__(self, "_hash", hash((self.scheme, self.host, self.port)))

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @staticmethod
    def parse(url: str) -> tuple[Origin, str]:
        """Split an address into its origin and its path without trailing slashes ("/v1" or "").

        Raises ValueError, with a sentence for the operator, for what cannot be a provider's address.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ValueError(f"the address cannot be read: {error}") from None
        _check_shape(url, parts, port)
        path = parts.path.rstrip("/")
        if not _PATH.fullmatch(path):
            raise ValueError("the path of the address may hold printable ASCII only; percent-encode the rest")
        return Origin(parts.scheme, _read_host(parts.hostname or ""), port or _DEFAULT_PORTS[parts.scheme]), path


def _check_shape(url: str, parts: SplitResult, port: int | None) -> None:
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("the address must start with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address must not hold a user name or password")
    if "?" in url or "#" in url:
        raise ValueError("the address must not hold a query (?) or fragment (#)")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("the address must not hold spaces or control characters")
    if not parts.hostname:
        raise ValueError("the address has no host")
    if port == 0:
        raise ValueError("the port must be between 1 and 65535")


def _read_host(host: str) -> str:
    if ":" in host:
        try:
            address = ipaddress.IPv6Address(host)
        except ValueError:
            raise ValueError("the address holds a malformed IPv6 address") from None
        if address.scope_id is not None:
            raise ValueError("the address must not hold an IPv6 scope")
        return str(address)
    try:
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:
        raise ValueError("the host of the address is not a valid name") from None
    if len(name) > _MAX_HOST_NAME or not _HOST_NAME.fullmatch(name):
        raise ValueError("the host of the address is not a valid name")
    return name
