"""A platform that gives its workloads JWTs: it publishes its keys on a loopback socket, and signs what a test says."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from tests.upstream import Asked, Upstream, serve_upstream, whole

AUDIENCE = "https://hub.example"


@dataclass
class Platform:
    """`keys` are what it publishes; `is_down` lets it answer with 500, and not before `goes_on` is set."""

    upstream: Upstream
    keys: list[Key]
    is_down: bool = False
    discovery: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    published: dict[str, Any] | None = None  # instead of its keys
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.goes_on.set()

    @property
    def url(self) -> str:
        return self.upstream.url

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        path = asked.path.removeprefix("/v1")
        self.asked.append(path)
        await self.goes_on.wait()
        found: dict[str, Any] = {}
        if path == "/.well-known/openid-configuration":
            found = {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.discovery}
        elif path == "/keys":
            found = self.published or {"keys": [key.as_dict(private=False) for key in self.keys]}
        status = 500 if self.is_down else 200 if found else 404
        await whole(found or {"error": "no"}, status)(asked, writer)

    def token(self, key: Key | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A JWT of the first key; None leaves a claim out."""
        key, now = key or self.keys[0], int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "job-1", "iat": now, "exp": now + 600, **changes}
        head = {"alg": algorithm_of(key), "kid": key.get("kid"), **(header or {})}
        told = json.dumps({name: value for name, value in claims.items() if value is not None})
        head = {name: value for name, value in head.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # EdDSA is an old name, and the one in use
            return jws.serialize_compact(head, told.encode(), key, registry=registry)


def algorithm_of(key: Key) -> str:
    if isinstance(key, ECKey):
        return "ES256"
    if isinstance(key, OKPKey):
        return "EdDSA"
    return "HS256" if isinstance(key, OctKey) else "RS256"


def rsa(kid: str = "one") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def shared_secret(token: str, secret: bytes) -> str:
    """The same claims signed with HS256; by hand, as a library would not take a public key for a secret."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    signed = f"{head}.{token.split('.')[1]}"
    mark = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def unsigned(token: str, header: dict[str, Any]) -> str:
    """The same claims under another header, without a signature."""
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return ".".join((head, token.split(".")[1], ""))


@asynccontextmanager
async def serve_platform(*keys: Key) -> AsyncIterator[Platform]:
    async with serve_upstream() as upstream:
        platform = Platform(upstream, list(keys) or [rsa()])
        upstream.script = platform.answer
        yield platform
