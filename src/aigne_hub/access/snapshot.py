"""The users and passes in memory live here: what the hot path asks instead of the database."""

from __future__ import annotations

from collections.abc import Iterable

from aigne_hub.access import store
from aigne_hub.access.apps import store as app_store
from aigne_hub.access.apps.signature import SKEW_S, SignedRequest
from aigne_hub.access.apps.store import App
from aigne_hub.access.identity import Caller, Key, KeyId, Means, Pass, Rights, Role, Scope, User, UserId
from aigne_hub.access.oauth import store as oauth_store
from aigne_hub.access.trust import store as trust_store
from aigne_hub.access.trust.store import TrustedIssuer
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import NotAllowed, NotFound, NotSignedIn, Unavailable
from aigne_hub.db.engine import Conn

_PART = 2000  # rows read at a time, so that loading very many does not hold the loop
_REMEMBERED = 20_000  # digests kept, so that a known secret is hashed once, not at every call
_LONGEST_SECRET = 512
_APP_RIGHTS = Rights(scopes=frozenset({Scope.inference, Scope.models_read, Scope.usage_read}))


class AccessSnapshot:
    """All users, and what every live key and access token stands for, as fresh as the last look at the database.

    `stale_s` bounds how long they keep working while the database cannot be asked.
    """

    counter = store.COUNTER

    def __init__(self, vault: Vault, clock: Clock, *, stale_s: float) -> None:
        self._vault = vault
        self._clock = clock
        self._stale_s = stale_s
        self._users: dict[UserId, User] = {}
        self._passes: dict[bytes, Pass] = {}
        self._held: dict[int, tuple[bytes, ...]] = {}  # the digests of each key and token
        self._apps: dict[str, App] = {}
        self._issuers: dict[str, TrustedIssuer] = {}
        self._issuers_state = (0, 0)
        self._digests: dict[str, bytes] = {}
        self._used: dict[KeyId, tuple[int, str | None]] = {}
        self._good_until = float("-inf")
        self.version = -1

    async def load(self, conn: Conn, version: int) -> None:
        """Take in every change after the version held; `version` is the counter read before."""
        for user in await store.users_since(conn, self.version):
            self._users[user.id] = user
        self._apps.update((app.id, app) for app in await app_store.since(conn, self.version))
        if (issuers := await trust_store.state_of_all(conn)) != self._issuers_state:
            self._issuers = {one.url: one for one in await trust_store.list_all(conn)}
            self._issuers_state = issuers
        after = 0
        while part := await store.keys_since(conn, self.version, after=after, limit=_PART):
            for key in part:
                self._put(key.id, _passes_of(key))
            after = part[-1].id
        after, now_ms = 0, self._clock.now_ms()
        while tokens := await oauth_store.access_tokens_since(
            conn, self.version, after=after, live_at=now_ms, limit=_PART
        ):
            for token in tokens:
                live = [] if token.revoked_ms is not None else [(token.digest, token.as_pass())]
                self._put(token.id, live)
            after = tokens[-1].id
        self.version = version

    def confirm(self) -> None:
        """Note that the database was asked just now and this snapshot holds all it said."""
        self._good_until = self._clock.monotonic() + self._stale_s

    def identify(self, bearer: str | None, address: str | None = None) -> Caller:
        """Whose key or access token this is.

        Raises NotSignedIn, which tells apart only a missing and an invalid one; NotAllowed when it may not
        be used from `address`; Unavailable when the database has been away for so long that a revocation
        might have been missed.
        """
        if bearer is None:
            raise NotSignedIn(
                "no access key was given: send it as `Authorization: Bearer <key>`", code="missing_api_key"
            )
        digest = self._digests.get(bearer)
        if digest is None:
            if len(bearer) > _LONGEST_SECRET:
                raise _invalid()
            digest = self._vault.digest(bearer)
        if self._clock.monotonic() > self._good_until:
            raise Unavailable("access keys cannot be checked: the database has been away for too long", retry_after=5)
        found = self._passes.get(digest)
        now_ms = self._clock.now_ms()
        if found is None or (found.until_ms is not None and now_ms >= found.until_ms):
            raise _invalid()
        user = self._users.get(found.user_id)
        if user is None or user.disabled_ms is not None:
            raise _invalid()
        if found.rights.networks is not None and not found.rights.allows_address(address):
            raise NotAllowed("this key may not be used from your address", code="address_not_allowed")
        self._remember(bearer, digest)
        if found.means is Means.key:
            self._used[KeyId(found.id)] = (now_ms, address)
        return Caller(user, _lower(found.role, user.role), found.means, found.id, found.rights, address)

    def identify_app(self, signed: SignedRequest, address: str | None) -> Caller:
        """The app that signed a V1 call (contract 1.5).

        Raises NotFound for an unknown app, NotSignedIn for a signature that is bad or too old, NotAllowed
        while no manager has switched the app on, Unavailable as `identify` does.
        """
        if self._clock.monotonic() > self._good_until:
            raise Unavailable("signatures cannot be checked: the database has been away for too long", retry_after=5)
        app = self._apps.get(signed.app_id)
        if app is None:
            raise NotFound(
                "there is no such app: register its public key first", code="unknown_app", refused_as="access.refuse"
            )
        if abs(self._clock.now_ms() / 1000 - signed.timestamp) > SKEW_S or not signed.is_by(app.public_key):
            raise NotSignedIn("the signature is not valid, or is too old", code="invalid_signature")
        user = self._users.get(app.user_id)
        if user is None or user.disabled_ms is not None:
            raise NotAllowed("this app waits to be allowed by an admin of the hub", code="app_waits")
        return Caller(user, user.role, Means.signature, user.id, _APP_RIGHTS, address)

    def trusted_issuer(self, url: str) -> TrustedIssuer | None:
        """The issuer of that name, if its tokens count. Raises Unavailable as `identify` does."""
        if self._clock.monotonic() > self._good_until:
            raise Unavailable("tokens cannot be checked: the database has been away for too long", retry_after=5)
        found = self._issuers.get(url)
        return found if found is not None and found.is_enabled else None

    def user(self, user_id: UserId) -> User | None:
        """A user by id, disabled ones included."""
        return self._users.get(user_id)

    def take_used(self) -> list[tuple[KeyId, int, str | None]]:
        """The keys used since the last call of this, with the time and address of their last use."""
        used, self._used = self._used, {}
        return [(key, at, address) for key, (at, address) in used.items()]

    def forget_ended(self) -> None:
        """Drop what has ended by time; nobody can come with it any more."""
        now_ms = self._clock.now_ms()
        for digest in [d for d, one in self._passes.items() if one.until_ms is not None and one.until_ms <= now_ms]:
            ended = self._passes.pop(digest)
            rest = tuple(d for d in self._held.pop(ended.id, ()) if d != digest)
            if rest:
                self._held[ended.id] = rest

    def _put(self, id_: int, passes: Iterable[tuple[bytes, Pass]]) -> None:
        for digest in self._held.pop(id_, ()):
            self._passes.pop(digest, None)
        live = dict(passes)
        if live:
            self._held[id_] = tuple(live)
            self._passes.update(live)

    def _remember(self, bearer: str, digest: bytes) -> None:
        if bearer not in self._digests:
            if len(self._digests) >= _REMEMBERED:
                self._digests.clear()
            self._digests[bearer] = digest


def _passes_of(key: Key) -> Iterable[tuple[bytes, Pass]]:
    if key.revoked_ms is not None:
        return
    yield key.digest, Pass(Means.key, key.id, key.user_id, key.role, key.rights, key.expires_ms)
    if key.previous_digest is not None and key.previous_until_ms is not None:
        until_ms = min(key.previous_until_ms, key.expires_ms or key.previous_until_ms)
        yield key.previous_digest, Pass(Means.key, key.id, key.user_id, key.role, key.rights, until_ms)


def _lower(one: Role, other: Role) -> Role:
    return one if one.rank <= other.rank else other


def _invalid() -> NotSignedIn:
    return NotSignedIn("the access key is not valid", code="invalid_api_key")
