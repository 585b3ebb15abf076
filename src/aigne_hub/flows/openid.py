"""Asking an OpenID provider lives here: its metadata, its keys, and who a code stands for."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote_plus

import structlog
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import JWKRegistry, Key

from aigne_hub.access.signin.sso.issuers import checked_issuer_url
from aigne_hub.access.signin.sso.store import Issuer
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, HubError, NotAllowed, UpstreamFailed
from aigne_hub.outbound import Client
from aigne_hub.outbound.documents import ask_json, fetch_json

log = structlog.get_logger()

T = TypeVar("T")

# Signatures that only the issuer can make: with a symmetric one, whoever can check could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_LEEWAY_S = 60
_METADATA_S = 3600
_KEYS_S = 3600
_KEYS_AGAIN_S = 30  # how soon keys are fetched again for one that is not among them
_MOST_KEPT = 100
_MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an issuer says of itself (OpenID Connect Discovery section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    algorithms: tuple[str, ...]
    takes_basic: bool
    tells_issuer: bool  # RFC 9207: its answers carry `iss`


@dataclass(frozen=True, slots=True)
class Grant:
    """What is exchanged for an ID token: the code, and what only we know of the request."""

    code: str
    redirect_uri: str
    verifier: str
    nonce: str


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    at: float


class OpenId:
    """Asks issuers over the guarded client; metadata and keys are kept for an hour."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._metadata: dict[str, _Kept[Metadata]] = {}
        self._keys: dict[str, _Kept[list[Key]]] = {}

    async def discover(self, url: str, *, is_fresh: bool = False) -> Metadata:
        """Raises BadRequest with a reason for the operator."""
        kept = self._metadata.get(url)
        if kept and not is_fresh and self._clock.monotonic() - kept.at < _METADATA_S:
            return kept.value
        try:
            found = await fetch_json(self._client, url.rstrip("/") + "/.well-known/openid-configuration")
        except UpstreamFailed as error:
            raise _bad_issuer(f"the issuer cannot be asked: {error.message}") from error
        metadata = _read_metadata(url, found)
        _keep(self._metadata, url, _Kept(metadata, self._clock.monotonic()))
        return metadata

    async def claims_of(self, issuer: Issuer, metadata: Metadata, secret: str | None, grant: Grant) -> dict[str, Any]:
        """Who a code stands for: the claims of the ID token, completed by those of the userinfo endpoint.

        Raises NotAllowed (`sso_failed`) when anything does not hold; the log says what.
        """
        try:
            tokens = await self._exchange(issuer, metadata, secret, grant)
            access_token = str(tokens.get("access_token") or "")
            claims = await self._checked(issuer, metadata, str(tokens.get("id_token") or ""), access_token, grant.nonce)
            return await self._completed(issuer, metadata, claims, access_token)
        except (UpstreamFailed, JoseError, ValueError) as error:
            reason = error.message if isinstance(error, HubError) else str(error)
            log.warning("single sign-on failed", issuer=issuer.url, error=reason)
            raise sso_failed(issuer) from error

    async def _exchange(
        self, issuer: Issuer, metadata: Metadata, secret: str | None, grant: Grant
    ) -> Mapping[str, Any]:
        extra: dict[str, str] = {"code_verifier": grant.verifier}
        headers: list[tuple[bytes, bytes]] = []
        if secret is not None and metadata.takes_basic:
            # RFC 6749 section 2.3.1: both are form-encoded first.
            pair = f"{quote_plus(issuer.client_id)}:{quote_plus(secret)}"
            headers.append((b"authorization", b"Basic " + base64.b64encode(pair.encode())))
        else:
            extra["client_id"] = issuer.client_id
            if secret is not None:
                extra["client_secret"] = secret
        form = prepare_token_request("authorization_code", code=grant.code, redirect_uri=grant.redirect_uri, **extra)
        status, tokens = await ask_json(self._client, metadata.token_endpoint, headers=headers, form=form.encode())
        if status != 200:
            raise ValueError(f"the token endpoint answered {status}: {str(tokens.get('error'))[:100]}")
        return tokens

    async def _checked(
        self, issuer: Issuer, metadata: Metadata, id_token: str, access_token: str, nonce: str
    ) -> dict[str, Any]:
        """The claims of an ID token that holds (OpenID Connect Core section 3.1.3.7)."""
        token = _verified(id_token, await self._keys_for(metadata, id_token), metadata.algorithms)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={
                "iss": {"essential": True, "value": metadata.issuer},
                "aud": {"essential": True, "value": issuer.client_id},
                "sub": {"essential": True},
            },
            params={"nonce": nonce, "client_id": issuer.client_id, "access_token": access_token},
        )
        claims.validate(now=self._clock.now_ms() // 1000, leeway=_LEEWAY_S)
        return token.claims

    async def _keys_for(self, metadata: Metadata, id_token: str) -> list[Key]:
        """The issuer's keys that can have signed this: one, when the token names it."""
        header = jws.extract_compact(id_token.encode()).headers()
        algorithm, wanted = header.get("alg"), header.get("kid")
        if algorithm not in metadata.algorithms:
            raise ValueError(f"the ID token is signed with {str(algorithm)[:20]}")
        for is_fresh in (False, True):
            keys = await self._keys_of(metadata.jwks_uri, is_fresh=is_fresh)
            if fitting := [key for key in keys if wanted in (None, key.kid) and _fits(key, algorithm)]:
                return fitting
        raise ValueError("the ID token is signed with a key that the issuer does not publish")

    async def _keys_of(self, url: str, *, is_fresh: bool) -> list[Key]:
        kept, now = self._keys.get(url), self._clock.monotonic()
        if kept and now - kept.at < (_KEYS_AGAIN_S if is_fresh else _KEYS_S):
            return kept.value
        found = (await fetch_json(self._client, url)).get("keys")
        keys = [key for one in (found if isinstance(found, list) else [])[:_MOST_KEYS] if (key := _read_key(one))]
        _keep(self._keys, url, _Kept(keys, now))
        return keys

    async def _completed(
        self, issuer: Issuer, metadata: Metadata, claims: dict[str, Any], access_token: str
    ) -> dict[str, Any]:
        """Many issuers tell e-mail address and groups at the userinfo endpoint alone (Core section 5.4)."""
        needed = {"email", "name", *([issuer.role_claim] if issuer.role_claim else [])}
        if metadata.userinfo_endpoint is None or not access_token or needed <= claims.keys():
            return claims
        bearer = (b"authorization", b"Bearer " + access_token.encode("ascii"))
        told = await fetch_json(self._client, metadata.userinfo_endpoint, headers=[bearer])
        if told.get("sub") != claims["sub"]:  # Core section 5.3.2: else it speaks of somebody else
            raise ValueError("the userinfo endpoint speaks of another subject")
        return {**told, **claims}


def _verified(id_token: str, keys: list[Key], algorithms: tuple[str, ...]) -> jwt.Token:
    """Raises JoseError when none of the keys has signed it."""
    for key in keys[:-1]:
        with suppress(BadSignatureError):
            return jwt.decode(id_token, key, algorithms=algorithms)
    return jwt.decode(id_token, keys[-1], algorithms=algorithms)


def sso_failed(issuer: Issuer) -> NotAllowed:
    return NotAllowed(
        "signing in at the issuer did not work", code="sso_failed", refused_as="sign_in.sso",
        about=("sso_issuer", str(issuer.id)),
    )  # fmt: skip


def _read_metadata(url: str, found: Mapping[str, Any]) -> Metadata:
    issuer = found.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != url.rstrip("/"):
        raise _bad_issuer(f"the issuer calls itself {str(issuer)[:200]}: give that address")
    told = found.get("id_token_signing_alg_values_supported") or ["RS256"]
    algorithms = tuple(one for one in ALGORITHMS if one in told)
    if not algorithms:
        raise _bad_issuer("the issuer signs with no algorithm that this hub takes")
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(found, "authorization_endpoint"),
        token_endpoint=_endpoint(found, "token_endpoint"),
        jwks_uri=_endpoint(found, "jwks_uri"),
        userinfo_endpoint=_endpoint(found, "userinfo_endpoint") if "userinfo_endpoint" in found else None,
        algorithms=algorithms,
        takes_basic="client_secret_basic" in methods,
        tells_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(found: Mapping[str, Any], name: str) -> str:
    url = found.get(name)
    if not isinstance(url, str):
        raise _bad_issuer(f"the issuer names no {name}")
    base, mark, query = url.partition("?")
    if not (query.isascii() and query.isprintable() and " " not in query):
        raise _bad_issuer(f"the {name} of the issuer cannot be read")
    try:
        return checked_issuer_url(base) + mark + query
    except BadRequest as error:
        raise _bad_issuer(f"the {name} of the issuer is not https") from error


def _read_key(told: object) -> Key | None:
    if not isinstance(told, dict) or told.get("use", "sig") != "sig" or told.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        return JWKRegistry.import_key(told)
    except (JoseError, ValueError, TypeError, KeyError):
        return None  # of a kind we do not know


def _fits(key: Key, algorithm: str) -> bool:
    kind = "RSA" if algorithm[:2] in ("RS", "PS") else "EC" if algorithm.startswith("ES") else "OKP"
    return key.key_type == kind and (key.alg is None or key.alg == algorithm)


def _keep(kept: dict[str, _Kept[T]], name: str, value: _Kept[T]) -> None:
    kept.pop(name, None)
    kept[name] = value
    while len(kept) > _MOST_KEPT:
        del kept[next(iter(kept))]


def _bad_issuer(message: str) -> BadRequest:
    return BadRequest(message, code="sso_unreachable", param="url")
