"""How often a password may be tried lives here: slower and slower for a guesser, never shut for its owner."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from msgspec import Struct

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import TooMany

K = TypeVar("K", bound=Hashable)

FREE = 5  # tries before an account has to be waited for, from one address
LONGEST_WAIT_S = 900
_WINDOW_S = 900
_MOST_OF_ADDRESS = 30  # failures of one address in the window, whatever the accounts
_MOST_OF_ACCOUNT = 100  # failures at one account in the window, from wherever
_MOST_KEPT = 50_000
_KNOWN = "a known device"  # in place of an address


class _Tries(Struct):
    count: int = 0
    last_s: float = 0.0


class Attempts:
    """Counts tries that have not succeeded, in memory.

    A try counts when it begins, so that many at once do not slip by. A device that the account knows is
    counted by itself: whoever guesses from the same address, or from everywhere, does not hold it up.
    Passkeys, links and single sign-on are not held up by any of it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pairs: dict[tuple[str, str], _Tries] = {}
        self._addresses: dict[str, _Tries] = {}
        self._accounts: dict[str, _Tries] = {}

    def begin(self, account: str, address: str, *, is_known_device: bool) -> None:
        """Count a try at `account`. Raises TooMany with the seconds to wait, and then counts nothing."""
        now = self._clock.monotonic()
        pair = self._of(self._pairs, (account, _KNOWN if is_known_device else address), now)
        others = self._of(self._accounts, account, now)
        here = self._of(self._addresses, address, now)
        wait = 0.0
        if pair.count >= FREE:
            wait = pair.last_s + min(LONGEST_WAIT_S, 2.0 ** (pair.count - FREE)) - now
        if not is_known_device:
            if here.count >= _MOST_OF_ADDRESS:
                wait = max(wait, here.last_s + _WINDOW_S - now)
            if others.count >= _MOST_OF_ACCOUNT:
                wait = max(wait, others.last_s + _WINDOW_S - now)
        if wait > 0:
            raise TooMany(
                "too many attempts: wait before you try again",
                code="too_many_attempts",
                retry_after=int(wait) + 1,
                refused_as="sign_in.password",
            )
        for tries in (pair, others, here):
            tries.count += 1
            tries.last_s = now

    def succeeded(self, account: str, address: str, *, is_known_device: bool) -> None:
        """The try was right after all: nothing stays counted against the pair, nor this try against the rest."""
        self._pairs.pop((account, _KNOWN if is_known_device else address), None)
        for tries in (self._accounts.get(account), self._addresses.get(address)):
            if tries is not None:
                tries.count = max(0, tries.count - 1)

    def _of(self, kept: dict[K, _Tries], key: K, now: float) -> _Tries:
        if len(kept) >= _MOST_KEPT:
            for old in [one for one, tries in kept.items() if now - tries.last_s > _WINDOW_S]:
                del kept[old]
            if len(kept) >= _MOST_KEPT:  # a flood: the oldest go
                for old in list(kept)[: _MOST_KEPT // 2]:
                    del kept[old]
        tries = kept.setdefault(key, _Tries())
        if now - tries.last_s > _WINDOW_S:
            tries.count = 0
        return tries
