"""Access tokens of Google Cloud live here: asked for by a service account, kept until shortly before their end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.outbound import Client
from aigne_hub.outbound.documents import ask_json
from aigne_hub.providers.google_account import ServiceAccount

_EARLY_S = 300.0  # a token is renewed so long before its end
_LEAST_S = 30.0  # and not shown any more so long before it
_AGAIN_S = 5.0  # after a failure nobody asks again for so long
_LONGEST_S = 3600.0
_MOST = 256  # accounts kept; the cache starts anew when it is full


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`ends_s` on the clock of the process."""

    value: str = field(repr=False)
    ends_s: float


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: AccessToken | None = None
    failure: UpstreamFailed | None = None
    failed_s: float = 0.0


async def ask_token(client: Client, clock: Clock, account: ServiceAccount) -> AccessToken:
    """A new token (RFC 6749 section 5.1). Raises UpstreamFailed: `credential` when Google refuses the account."""
    asked_s = clock.monotonic()
    status, answer = await ask_json(client, account.token_uri, form=account.token_request(clock.now_ms() / 1000))
    if status in (400, 401, 403):
        raise UpstreamFailed(
            Failure.credential,
            "the provider refused the hub's credential; an administrator has to look at it",
            upstream_status=status,
        )
    value, life_s = answer.get("access_token"), answer.get("expires_in")
    is_token = isinstance(value, str) and _is_plain(value) and type(life_s) is int and life_s > _LEAST_S
    if status != 200 or not is_token:
        raise UpstreamFailed(Failure.malformed, f"no access token came of the provider (status {status})")
    return AccessToken(str(value), asked_s + min(float(str(life_s)), _LONGEST_S))


class GoogleTokens:
    """One token for each account. Of many who need a new one, one asks and the others wait for it."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[ServiceAccount, _Kept] = {}

    async def token(self, account: ServiceAccount) -> str:
        """Raises UpstreamFailed when there is none; a failed renewal matters only once the old token has ended."""
        kept = self._kept.get(account)
        if kept is None:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            kept = self._kept[account] = _Kept()
        if not self._is_good(kept, _EARLY_S) and not (kept.lock.locked() and self._is_good(kept, _LEAST_S)):
            async with kept.lock:
                if not self._is_good(kept, _EARLY_S):
                    await self._renew(kept, account)
        if kept.token is None or not self._is_good(kept, _LEAST_S):
            failed = kept.failure
            assert failed is not None, "a renewal ends with a token or a failure"
            raise UpstreamFailed(failed.kind, failed.message, upstream_status=failed.upstream_status)
        return kept.token.value

    async def _renew(self, kept: _Kept, account: ServiceAccount) -> None:
        if kept.failure is not None and self._clock.monotonic() - kept.failed_s < _AGAIN_S:
            return
        try:
            kept.token, kept.failure = await ask_token(self._client, self._clock, account), None
        except UpstreamFailed as error:
            kept.failure, kept.failed_s = error, self._clock.monotonic()

    def _is_good(self, kept: _Kept, left_s: float) -> bool:
        return kept.token is not None and kept.token.ends_s - self._clock.monotonic() > left_s


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value and 0 < len(value) <= 8192
