"""Whether a JWT is one of a trusted issuer's, and whose it is, is found out here (RFC 7519, RFC 8725)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel

from aigne_hub.access.identity import Caller, Means, Rights, User, UserId
from aigne_hub.access.trust.issuers import ALGORITHMS
from aigne_hub.access.trust.keyring import KeyRing
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import NotSignedIn

_LONGEST = 8192
LEEWAY_S = 60  # of clocks that differ, for times in the past
LONGEST_LIFE_S = 86_400
_KEPT_S = 300
_MOST_KEPT = 10_000
_LATEST_S = 1e12  # JSON has numbers without end
_JSON = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class _Verified:
    issuer: TrustedIssuer
    subject: str
    until_s: float


class Known(Protocol):
    """Who is trusted and who there is, from memory; the snapshot, which stands above this package."""

    def trusted_issuer(self, url: str) -> TrustedIssuer | None:
        """The issuer of that name, if its tokens count. Raises Unavailable when nobody knows any more."""
        ...

    def user(self, user_id: UserId) -> User | None: ...


class _Pinned(jws.JWSRegistry):
    """Knows one algorithm, that an admin chose. Unknown header fields are passed over; `crit` was refused before."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm], strict_check_header=False)

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


class TrustedTokens:
    """Knows workloads by the JWTs of their platforms; what was verified is kept for at most five minutes.

    It is kept under the hash of the whole token, and counts only while the issuer is as it was.
    """

    def __init__(self, access: Known, keys: KeyRing, clock: Clock) -> None:
        self._access = access
        self._keys = keys
        self._clock = clock
        self._verified: dict[bytes, _Verified] = {}

    async def identify(self, token: str, address: str | None = None) -> Caller:
        """Raises NotSignedIn, which says no more than that; Unavailable when that cannot be found out."""
        if len(token) > _LONGEST:
            raise _invalid()
        digest, now_s = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest(), self._clock.now_ms() / 1000
        known = self._verified.get(digest)
        if known is None or now_s >= known.until_s or self._access.trusted_issuer(known.issuer.url) != known.issuer:
            self._verified.pop(digest, None)
            known = await self._verify(token, now_s)
            self._keep(digest, known, now_s)
        return self._caller(known, address)

    async def _verify(self, token: str, now_s: float) -> _Verified:
        header, claims = _read(token)
        issuer = self._issuer_of(claims)
        algorithm, kid = header.get("alg"), header.get("kid")
        # The algorithm is the issuer's as an admin wrote it down, never the token's own word (RFC 8725 section 3.1).
        if algorithm not in issuer.algorithms or algorithm not in ALGORITHMS or "crit" in header:
            raise _invalid()
        if kid is not None and not isinstance(kid, str):
            raise _invalid()
        until_s = _until(claims, issuer, now_s)
        subject = claims.get(issuer.subject_claim)
        if not isinstance(subject, str) or subject not in issuer.subjects:
            raise _invalid()
        key = await self._keys.find(issuer, algorithm, kid)
        if key is None:
            raise _invalid()
        try:
            jws.deserialize_compact(token, key, registry=_Pinned(algorithm))
        except (JoseError, ValueError, TypeError):
            raise _invalid() from None
        return _Verified(issuer, subject, min(until_s, now_s + _KEPT_S))

    def _issuer_of(self, claims: Mapping[str, Any]) -> TrustedIssuer:
        name = claims.get("iss")
        issuer = self._access.trusted_issuer(name) if isinstance(name, str) else None
        if issuer is None:
            raise _invalid()
        return issuer

    def _caller(self, known: _Verified, address: str | None) -> Caller:
        issuer = known.issuer
        user = self._access.user(issuer.subjects[known.subject])
        if user is None or user.disabled_ms is not None:
            raise _invalid()
        return Caller(user, user.role, Means.jwt, issuer.id, Rights(scopes=issuer.scopes), address)

    def _keep(self, digest: bytes, known: _Verified, now_s: float) -> None:
        if len(self._verified) >= _MOST_KEPT:
            self._verified = {d: one for d, one in self._verified.items() if now_s < one.until_s}
            if len(self._verified) >= _MOST_KEPT:
                self._verified.clear()
        self._verified[digest] = known


def is_jwt(bearer: str) -> bool:
    """Whether a bearer is of three parts; no key and no token of ours holds a dot."""
    return bearer.count(".") == 2


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims, not yet verified."""
    header, claims, _ = token.split(".")
    try:
        return _JSON.decode(_decoded(header)), _JSON.decode(_decoded(claims))
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        raise _invalid() from None


def _decoded(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _until(claims: Mapping[str, Any], issuer: TrustedIssuer, now_s: float) -> float:
    """When a token for us ends (RFC 7519 section 4.1). Raises NotSignedIn for one that is not, or not now."""
    audience = claims.get("aud")
    if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
        raise _invalid()
    ends, since, made = (_number(claims, name) for name in ("exp", "nbf", "iat"))
    if ends is None or not now_s < ends <= now_s + LONGEST_LIFE_S:
        raise _invalid()
    if any(one is not None and one > now_s + LEEWAY_S for one in (since, made)):
        raise _invalid()
    return ends


def _number(claims: Mapping[str, Any], name: str) -> float | None:
    found = claims.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) <= _LATEST_S:
        raise _invalid()
    return float(found)


def _invalid() -> NotSignedIn:
    return NotSignedIn("the token is not valid", code="invalid_api_key")
