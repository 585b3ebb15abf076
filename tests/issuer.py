"""An OpenID provider that says what a test tells it to, on a real loopback socket."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import Key, RSAKey

from tests.upstream import Asked, Upstream, serve_upstream, whole

CLIENT_ID, CLIENT_SECRET = "hub:1", "a secret/with+signs"


@dataclass
class FakeIssuer:
    """`person` is who signs in; the other fields make it lie."""

    upstream: Upstream
    key: RSAKey
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "email": "ann@example.com", "name": "Ann"})
    in_token: dict[str, Any] = field(default_factory=dict)  # claims of the ID token instead of the true ones
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    signing: Key | None = None
    userinfo: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    token_status: int = 200
    asked: list[Asked] = field(default_factory=list)
    extra_keys: list[Any] = field(default_factory=list)
    began: dict[str, str] = field(default_factory=dict)  # the newest authorization request
    nonces: dict[str, str] = field(default_factory=dict)  # of each code

    @property
    def url(self) -> str:
        return self.upstream.url

    def allow(self, location: str) -> dict[str, str]:
        """What the browser that was sent to `location` brings back."""
        asked = urlsplit(location)
        assert location.startswith(f"{self.url}/authorize?")
        self.began = {name: values[0] for name, values in parse_qs(asked.query).items()}
        code = f"code-{len(self.nonces) + 1}"
        self.nonces[code] = self.began["nonce"]
        return {"state": self.began["state"], "code": code, "iss": self.url}

    def asked_for(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        path = asked.path.removeprefix("/v1")
        self.asked.append(Asked(asked.method, path, asked.headers, asked.body))
        found, status = self._found(path, asked.body), self.token_status if path == "/token" else 200
        await whole({"error": "not found"} if found is None else found, 404 if found is None else status)(asked, writer)

    def _found(self, path: str, body: bytes) -> Any:
        if path == "/.well-known/openid-configuration":
            return self._metadata()
        if path == "/jwks":
            return {"keys": [*self.extra_keys, self.key.as_dict(private=False)]}
        if path == "/token":
            return {"access_token": "at-1", "token_type": "Bearer", "id_token": self._id_token(parse_qs(body.decode()))}
        return self.userinfo if path == "/userinfo" else None

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
            **({"userinfo_endpoint": f"{self.url}/userinfo"} if self.userinfo is not None else {}),
            **self.metadata,
        }

    def _id_token(self, form: dict[str, list[str]]) -> str:
        now = int(time.time())
        nonce = self.nonces.get(form["code"][0])
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= self.person | self.in_token
        told = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            return ".".join((_part(b'{"alg":"none"}'), _part(json.dumps(told).encode()), ""))
        return jwt.encode(self.header, told, self.signing or self.key, algorithms=[self.header["alg"]])


def rsa_key(kid: str = "one") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@asynccontextmanager
async def serve_issuer() -> AsyncIterator[FakeIssuer]:
    async with serve_upstream() as upstream:
        issuer = FakeIssuer(upstream, rsa_key())
        upstream.script = issuer.answer
        yield issuer


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
