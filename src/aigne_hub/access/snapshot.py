"""The users and keys in memory live here: what the hot path asks instead of the database."""

from __future__ import annotations

from aigne_hub.access import store
from aigne_hub.access.identity import Caller, Key, KeyId, Role, User, UserId
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import NotSignedIn, Unavailable
from aigne_hub.db.engine import Conn

_PART = 2000  # keys read at a time, so that loading very many does not hold the loop
_REMEMBERED = 20_000  # digests kept, so that a known key is hashed once, not at every call
_LONGEST_KEY = 512
_RANK = {Role.owner: 3, Role.admin: 2, Role.member: 1, Role.guest: 0}


class AccessSnapshot:
    """All users and keys, as fresh as the last look at the database.

    `stale_s` bounds how long keys keep working while the database cannot be asked.
    """

    counter = store.COUNTER

    def __init__(self, vault: Vault, clock: Clock, *, stale_s: float) -> None:
        self._vault = vault
        self._clock = clock
        self._stale_s = stale_s
        self._users: dict[UserId, User] = {}
        self._keys: dict[bytes, Key] = {}
        self._digests: dict[str, bytes] = {}
        self._used: dict[KeyId, int] = {}
        self._good_until = float("-inf")
        self.version = -1

    async def load(self, conn: Conn, version: int) -> None:
        """Take in every change after the version held; `version` is the counter read before."""
        for user in await store.users_since(conn, self.version):
            self._users[user.id] = user
        after = 0
        while part := await store.keys_since(conn, self.version, after=after, limit=_PART):
            self._keys.update((key.digest, key) for key in part)
            after = part[-1].id
        self.version = version

    def confirm(self) -> None:
        """Note that the database was asked just now and this snapshot holds all it said."""
        self._good_until = self._clock.monotonic() + self._stale_s

    def identify(self, bearer: str | None) -> Caller:
        """Whose key this is.

        Raises NotSignedIn, which tells apart only a missing and an invalid key; Unavailable when the
        database has been away for so long that a revocation might have been missed.
        """
        if bearer is None:
            raise NotSignedIn(
                "no access key was given: send it as `Authorization: Bearer <key>`", code="missing_api_key"
            )
        digest = self._digests.get(bearer)
        if digest is None:
            if len(bearer) > _LONGEST_KEY:
                raise _invalid()
            digest = self._vault.digest(bearer)
        if self._clock.monotonic() > self._good_until:
            raise Unavailable("access keys cannot be checked: the database has been away for too long", retry_after=5)
        key = self._keys.get(digest)
        now_ms = self._clock.now_ms()
        if key is None or not key.is_live(now_ms):
            raise _invalid()
        user = self._users.get(key.user_id)
        if user is None or user.disabled_ms is not None:
            raise _invalid()
        self._remember(bearer, digest)
        self._used[key.id] = now_ms
        return Caller(user, key, min(key.role, user.role, key=_RANK.__getitem__))

    def take_used(self) -> list[tuple[KeyId, int]]:
        """The keys used since the last call of this, with the time of their last use."""
        used, self._used = self._used, {}
        return list(used.items())

    def _remember(self, bearer: str, digest: bytes) -> None:
        if bearer not in self._digests:
            if len(self._digests) >= _REMEMBERED:
                self._digests.clear()
            self._digests[bearer] = digest


def _invalid() -> NotSignedIn:
    return NotSignedIn("the access key is not valid", code="invalid_api_key")
