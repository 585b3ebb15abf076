"""Making, changing, rotating and ending access keys lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network

from aigne_hub.access import store
from aigne_hub.access.identity import ALL_RIGHTS, Key, KeyId, Limits, Network, NewKey, Rights, Role, UserId
from aigne_hub.access.users import checked_name
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Facts, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.hangup import shown_drain
from aigne_hub.base.ids import KEY_PREFIX, IdSource, new_key
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold

DEFAULT_OVERLAP_S = 86_400
LONGEST_OVERLAP_S = 30 * 86_400
_LONGEST_LIFE_S = 10 * 366 * 86_400
_SHOWN = len(KEY_PREFIX) + 4  # characters of a secret's beginning that are shown: enough to find it by
_MOST_PATTERNS = 100
_LONGEST_PATTERN = 200
_LARGEST_LIMIT = 1_000_000_000


class Keys:
    """Adds and changes keys; each function is one step of its caller's transaction, noted in the journal."""

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def create(
        self,
        conn: Conn,
        by: Actor,
        user_id: UserId,
        name: str,
        *,
        role: Role,
        rights: Rights = ALL_RIGHTS,
        expires_in_s: int | None = None,
        via: str = "cli",
    ) -> NewKey:
        """Make a key of `user_id`; its secret is in the answer and nowhere else.

        Raises NotFound for a user that is not there, BadRequest for what a key cannot be.
        """
        user = await store.find_user(conn, user_id)
        if user is None:
            raise NotFound("there is no such user")
        if user.disabled_ms is not None:
            raise Conflict(f"{user.name} is disabled", code="user_disabled")
        if expires_in_s is not None and not 1 <= expires_in_s <= _LONGEST_LIFE_S:
            raise BadRequest("a key lives for at least a second and at most ten years", param="expiresInS")
        secret, now_ms = new_key(), self._clock.now_ms()
        key = Key(
            id=KeyId(self._ids.new()),
            user_id=user_id,
            name=checked_name(name),
            role=role,
            prefix=secret[:_SHOWN],
            hint=secret[-4:],
            created_ms=now_ms,
            expires_ms=None if expires_in_s is None else now_ms + expires_in_s * 1000,
            revoked_ms=None,
            last_used_ms=None,
            digest=self._vault.digest(secret),
            rights=checked_rights(rights),
            created_via=via,
        )
        await store.add_key(conn, key)
        await self._journal.note(conn, by, "key.create", key_target(key), after={**_facts(key), "user": str(user_id)})
        return NewKey(key, secret)

    async def change(
        self, conn: Conn, by: Actor, key_id: KeyId, *, name: str | None = None, rights: Rights | None = None
    ) -> Key:
        await hold(conn, store.COUNTER)
        old = await self.find(conn, key_id)
        self._refuse_revoked(old)
        new = replace(
            old,
            name=old.name if name is None else checked_name(name),
            rights=old.rights if rights is None else checked_rights(rights),
        )
        if new != old:
            await store.change_key(conn, new)
            await self._journal.note(conn, by, "key.change", key_target(new), before=_facts(old), after=_facts(new))
        return new

    async def rotate(self, conn: Conn, by: Actor, key_id: KeyId, *, overlap_s: int = DEFAULT_OVERLAP_S) -> NewKey:
        """Give a key another secret; the one before stays good for `overlap_s`, older ones end at once."""
        if not 0 <= overlap_s <= LONGEST_OVERLAP_S:
            raise BadRequest(f"an overlap is from 0 to {LONGEST_OVERLAP_S} seconds", param="overlapS")
        await hold(conn, store.COUNTER)
        old = await self.find(conn, key_id)
        self._refuse_revoked(old)
        secret, now_ms = new_key(), self._clock.now_ms()
        new = replace(
            old,
            prefix=secret[:_SHOWN],
            hint=secret[-4:],
            digest=self._vault.digest(secret),
            previous_digest=old.digest if overlap_s else None,
            previous_hint=old.hint if overlap_s else None,
            previous_until_ms=now_ms + overlap_s * 1000 if overlap_s else None,
        )
        await store.change_key(conn, new)
        await self._journal.note(
            conn,
            by,
            "key.rotate",
            key_target(new),
            before={"hint": old.hint},
            after={"hint": new.hint, "overlap_s": overlap_s},
        )
        return NewKey(new, secret)

    async def revoke(self, conn: Conn, by: Actor, key_id: KeyId) -> Key:
        """End a key for good; ending it again changes nothing."""
        await hold(conn, store.COUNTER)
        old = await self.find(conn, key_id)
        if old.revoked_ms is not None:
            return old
        revoked = replace(old, revoked_ms=self._clock.now_ms())
        await store.change_key(conn, revoked)
        await self._journal.note(conn, by, "key.revoke", key_target(revoked), before=_facts(old))
        return revoked

    async def revoke_all(self, conn: Conn, by: Actor, user_id: UserId) -> int:
        """End every key of a user, and all that applications may do in their name; how many keys there were."""
        now_ms = self._clock.now_ms()
        ended = await store.revoke_keys_of(conn, user_id, now_ms)
        facts = {"revoked": ended, "tokens_ended": await store.end_applications(conn, user_id, now_ms)}
        await self._journal.note(conn, by, "key.revoke_all", Target("user", str(user_id)), after=facts)
        return ended

    async def find(self, conn: Conn, key_id: KeyId) -> Key:
        key = await store.find_key(conn, key_id)
        if key is None:
            raise NotFound("there is no such key")
        return key

    def _refuse_revoked(self, key: Key) -> None:
        if not key.is_live(self._clock.now_ms()):
            raise Conflict("this key has ended: make another one", code="key_ended")


def checked_rights(rights: Rights) -> Rights:
    """The rights, when a key can have them. Raises BadRequest that names the field."""
    if not rights.scopes:
        raise BadRequest("a key needs at least one scope", param="scopes")
    if rights.models is not None:
        if not 1 <= len(rights.models) <= _MOST_PATTERNS:
            raise BadRequest(f"a list of models has 1 to {_MOST_PATTERNS} patterns", param="models")
        for pattern in rights.models:
            if not 1 <= len(pattern) <= _LONGEST_PATTERN or not pattern.isprintable() or " " in pattern:
                raise BadRequest("a model pattern is a name such as openai/*, without spaces", param="models")
    if rights.networks is not None and not 1 <= len(rights.networks) <= _MOST_PATTERNS:
        raise BadRequest(f"a list of addresses has 1 to {_MOST_PATTERNS} of them", param="addresses")
    _check_limits(rights.limits)
    return rights


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks such as `10.0.0.7` or `192.168.0.0/16`. Raises BadRequest."""
    try:
        return tuple(ip_network(text.strip()) for text in texts)
    except ValueError as error:
        raise BadRequest(f"an address is one such as 10.0.0.7 or 192.168.0.0/16: {error}", param="addresses") from None


def _check_limits(limits: Limits | None) -> None:
    if limits is None:
        return
    for param, value in (
        ("requestsPerMinute", limits.requests_per_minute),
        ("tokensPerMinute", limits.tokens_per_minute),
        ("concurrency", limits.concurrency),
    ):
        if value is not None and not 1 <= value <= _LARGEST_LIMIT:
            raise BadRequest(f"a limit is a whole number from 1 to {_LARGEST_LIMIT}", param=param)


def key_target(key: Key) -> Target:
    return Target("key", str(key.id), key.name)


def _facts(key: Key) -> Facts:
    rights, limits = key.rights, key.rights.limits or Limits()
    return {
        "name": key.name,
        "role": key.role,
        "hint": key.hint,
        "scopes": sorted(rights.scopes),
        "models": rights.models,
        "addresses": None if rights.networks is None else [str(one) for one in rights.networks],
        "requests_per_minute": limits.requests_per_minute,
        "tokens_per_minute": limits.tokens_per_minute,
        "concurrency": limits.concurrency,
        "strict": rights.is_strict,
        "on_hangup": None if rights.drain_s is None else shown_drain(rights.drain_s),
        "expires_ms": key.expires_ms,
    }
