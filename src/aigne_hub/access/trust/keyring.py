"""The published keys of trusted issuers live here: fetched when needed, kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from msgspec import Struct, field

from aigne_hub.access.trust.issuers import is_fetchable
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, Unavailable, UpstreamFailed
from aigne_hub.outbound import Client
from aigne_hub.outbound.documents import fetch_json

log = structlog.get_logger()

FRESH_S = 600
STALE_S = 3600  # how long keys are used that the issuer cannot be asked about any more
AGAIN_S = 30  # between two fetches that unknown keys ask for
RETRY_S = 5  # between two fetches while an issuer cannot be asked
_MOST_ISSUERS = 200
_MOST_KEYS = 100
_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_RSA_LENGTHS = range(342, 1367)  # characters of a modulus of 2048 to 8192 bits: weak below, slow above


class _Held(Struct):
    """What is known of one issuer's keys; times are monotonic seconds, of the end of a fetch."""

    keys: list[tuple[Mapping[str, Any], Key]] = []
    fetched_s: float = float("-inf")
    tried_s: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class KeyRing:
    """The keys of all trusted issuers, for one process.

    However many tokens come, an issuer is asked at most once in AGAIN_S for keys that are not known, and once in
    RETRY_S while it cannot be asked; whoever needs the answer waits for the one fetch, at most 30 seconds.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._held: dict[tuple[str, str | None], _Held] = {}

    async def find(self, issuer: TrustedIssuer, algorithm: str, kid: str | None) -> Key | None:
        """The key of an issuer that a token names, for `algorithm`, one of ALGORITHMS; None when there is no such key.

        Without a `kid` the only key that fits. Raises Unavailable when the issuer cannot be asked and what is
        known of it is too old.
        """
        held = self._of(issuer)
        age_s = self._clock.monotonic() - held.fetched_s
        if age_s > STALE_S or (age_s > FRESH_S and not held.lock.locked()):  # else somebody is at it already
            await self._fetch(issuer, held, pause_s=RETRY_S)
        found = _pick(held, algorithm, kid)
        if found is None:
            await self._fetch(issuer, held, pause_s=AGAIN_S)
            found = _pick(held, algorithm, kid)
        if self._clock.monotonic() - held.fetched_s > STALE_S:
            raise Unavailable("the keys of the token's issuer cannot be fetched", retry_after=RETRY_S)
        return found

    async def _fetch(self, issuer: TrustedIssuer, held: _Held, *, pause_s: float) -> None:
        """Fetch the keys unless that was tried within `pause_s`; a failure is logged, and what is held stays.

        Whoever comes while a fetch is under way waits for it, and does with what it brought.
        """
        async with held.lock:
            if self._clock.monotonic() - held.tried_s < pause_s:
                return
            try:
                held.keys = _read(await fetch_json(self._client, await self._address(issuer)))
                held.fetched_s = self._clock.monotonic()
            except UpstreamFailed as error:
                log.warning("keys of a trusted issuer not fetched", issuer=issuer.url, error=error.message)
            # The end counts, as a fetch may last longer than the pause; one whose caller hung up does not.
            held.tried_s = self._clock.monotonic()

    async def _address(self, issuer: TrustedIssuer) -> str:
        """Where an issuer publishes its keys: as we were told, else as it says (OpenID Connect Discovery section 4)."""
        if issuer.jwks_url is not None:
            return issuer.jwks_url
        said = await fetch_json(self._client, issuer.url.rstrip("/") + "/.well-known/openid-configuration")
        address = said.get("jwks_uri")
        if said.get("issuer") != issuer.url or not isinstance(address, str) or not is_fetchable(address):
            raise UpstreamFailed(Failure.malformed, "its discovery document is another issuer's, or names no keys")
        return address

    def _of(self, issuer: TrustedIssuer) -> _Held:
        place = (issuer.url, issuer.jwks_url)
        if place not in self._held and len(self._held) >= _MOST_ISSUERS:
            self._held.clear()
        return self._held.setdefault(place, _Held())


def _read(document: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Key]]:
    """The keys of a JWK set that can check signatures (RFC 7517 section 5); others are passed over.

    Raises UpstreamFailed for what is no JWK set, such as an error with status 200.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise UpstreamFailed(Failure.malformed, "what it publishes is no JWK set")
    found: list[tuple[Mapping[str, Any], Key]] = []
    for one in listed[:_MOST_KEYS]:
        if not isinstance(one, dict) or one.get("kty") not in _TYPES.values() or one.get("use", "sig") != "sig":
            continue
        if one["kty"] == "RSA" and len(str(one.get("n"))) not in _RSA_LENGTHS:
            continue
        with suppress(JoseError, ValueError, TypeError, KeyError):
            found.append((one, JWKRegistry.import_key(one)))
    return found


def _pick(held: _Held, algorithm: str, kid: str | None) -> Key | None:
    fitting = [
        key
        for said, key in held.keys
        if said["kty"] == _TYPES[algorithm[:2]]
        and said.get("alg", algorithm) == algorithm
        and (kid is None or said.get("kid") == kid)
    ]
    if kid is None and len(fitting) != 1:
        return None
    return fitting[0] if fitting else None
