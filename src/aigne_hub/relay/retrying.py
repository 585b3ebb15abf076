"""Trying a target again lives here: after which failures, after which pause, and how often in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from secrets import SystemRandom

from msgspec import Struct

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.catalog.entries import CredentialId, ProviderId, Target
from aigne_hub.relay.attempt import Attempt

RETRIES = 1  # of a target that nobody said anything of (decision 17)
FIRST_PAUSE_S = 0.25
LONGEST_ASKED_S = 2  # of what a provider may ask for with Retry-After: who is throttled for longer is left alone
ALWAYS, SHARE, WINDOW_S = 10, 10, 60.0  # in a minute and of a provider: ten, and one for ten calls

# What may well be over in a moment. What took a time limit is not tried again: the caller has waited for long enough,
# and the network itself has tried again to connect.
_PASSING = frozenset({Failure.refused, Failure.broken, Failure.overloaded})

_random = SystemRandom()


class Tried(Struct, frozen=True):
    """An attempt that failed, and by what."""

    attempt: Attempt
    error: UpstreamFailed


class Retry(Struct, frozen=True):
    """A target that is worth another try, after a pause."""

    target: Target
    pause_s: float
    is_throttled: bool


class RetryBudget:
    """How many retries each provider has left in this minute, in one worker: an outage is not multiplied by them."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.monotonic
        self._calls: Counter[ProviderId] = Counter()
        self._retries: Counter[ProviderId] = Counter()
        self._began_s = self._now()

    def note(self, target: Target) -> None:
        """A call goes there."""
        self._calls[target.provider.id] += 1

    def take(self, target: Target) -> bool:
        """Whether there is a retry left; it is spent."""
        now, id_ = self._now(), target.provider.id
        if now - self._began_s >= WINDOW_S:
            self._began_s = now
            self._calls.clear()
            self._retries.clear()
        if self._retries[id_] >= ALWAYS + self._calls[id_] // SHARE:
            return False
        self._retries[id_] += 1
        return True


def retries_of(tried: Sequence[Tried]) -> Iterator[Retry]:
    """The targets that may be tried again, those with the fewest tries first; each as often as was said of it."""
    tries = Counter([_key(one) for one in tried])
    last = {_key(one): one for one in tried}
    for one in sorted(last.values(), key=lambda one: tries[_key(one)]):
        target, error, number = one.attempt.target, one.error, tries[_key(one)]
        own = None if target.limits is None else target.limits.trying.retries
        pause_s = _pause_s(error, number)
        if pause_s is not None and number <= (RETRIES if own is None else own):
            yield Retry(target, pause_s, error.kind is Failure.throttled)


def _key(tried: Tried) -> tuple[CredentialId, str]:
    return tried.attempt.target.credential_id, tried.attempt.target.model


def _pause_s(error: UpstreamFailed, tries: int) -> float | None:
    """Exponential, with full jitter, and no shorter than the provider asked for; None when it is not tried again.

    Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    asked_s = error.retry_after or 0
    if asked_s > LONGEST_ASKED_S:
        return None
    if error.kind in _PASSING or (error.kind is Failure.throttled and error.retry_after is not None):
        return asked_s + _random.uniform(0, FIRST_PAUSE_S * 2 ** (tries - 1))
    return None
