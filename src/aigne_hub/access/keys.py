"""Making and ending access keys and users lives here."""

from __future__ import annotations

from aigne_hub.access import store
from aigne_hub.access.identity import Key, KeyId, NewKey, Role, User, UserId
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound
from aigne_hub.base.ids import IdSource, new_key
from aigne_hub.db.engine import Conn

_NAME_LENGTH = 100


class Registry:
    """Adds and changes users and keys; each function is one step of its caller's transaction."""

    def __init__(self, vault: Vault, clock: Clock, ids: IdSource) -> None:
        self._vault = vault
        self._clock = clock
        self._ids = ids

    async def add_user(self, conn: Conn, name: str, *, role: Role, email: str | None = None) -> User:
        """Raises BadRequest for an empty or long name, Conflict when the e-mail address is taken."""
        if email is not None and await store.find_user_by_email(conn, email):
            raise Conflict(f"a user with the e-mail address {email} exists already", param="email")
        user = User(UserId(self._ids.new()), _checked(name), email, role, self._clock.now_ms(), None)
        await store.add_user(conn, user)
        return user

    async def set_role(self, conn: Conn, user_id: UserId, role: Role) -> User:
        if not await store.set_role(conn, user_id, role):
            raise NotFound(f"there is no user {user_id}")
        user = await store.find_user(conn, user_id)
        assert user is not None
        return user

    async def create_key(
        self, conn: Conn, user_id: UserId, name: str, *, role: Role, expires_in_s: int | None = None
    ) -> NewKey:
        """Make a key of `user_id`; its secret is in the answer and nowhere else."""
        if await store.find_user(conn, user_id) is None:
            raise NotFound(f"there is no user {user_id}")
        secret, now_ms = new_key(), self._clock.now_ms()
        key = Key(
            id=KeyId(self._ids.new()),
            user_id=user_id,
            name=_checked(name),
            role=role,
            hint=secret[-4:],
            created_ms=now_ms,
            expires_ms=None if expires_in_s is None else now_ms + expires_in_s * 1000,
            revoked_ms=None,
            last_used_ms=None,
            digest=self._vault.digest(secret),
        )
        await store.add_key(conn, key)
        return NewKey(key, secret)

    async def revoke_key(self, conn: Conn, key_id: KeyId) -> Key:
        if not await store.revoke_key(conn, key_id, self._clock.now_ms()):
            raise NotFound(f"there is no key {key_id}")
        key = await store.find_key(conn, key_id)
        assert key is not None
        return key


def _checked(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= _NAME_LENGTH:
        raise BadRequest(f"a name has 1 to {_NAME_LENGTH} characters", param="name")
    return name
