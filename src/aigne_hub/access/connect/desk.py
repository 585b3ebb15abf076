"""The connect flow lives here: begin, give the key, fetch it, end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from aigne_hub.access.connect import store
from aigne_hub.access.connect.cipher import encrypt_for_client
from aigne_hub.access.connect.store import Connect
from aigne_hub.access.identity import Caller, Key, Role
from aigne_hub.access.keys import Keys
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import BadRequest, Conflict, NotFound, Unavailable
from aigne_hub.db.engine import Conn

LIFE_S = 600
GRACE_S = 60  # after the first fetch: the published client fetches twice
_MOST = 10_000  # sessions that wait at a time
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the waiting client gets; `encrypted` once there is a key."""

    session: Connect
    encrypted: str | None = field(repr=False)


class ConnectDesk:
    """Each function is one step of its caller's transaction; a key that is made or given out is in the journal."""

    def __init__(self, vault: Vault, clock: Clock, keys: Keys, journal: Journal) -> None:
        self._vault = vault
        self._clock = clock
        self._keys = keys
        self._journal = journal

    async def begin(self, conn: Conn) -> Connect:
        """A session for ten minutes. Raises Unavailable when too many wait already."""
        now_ms = self._clock.now_ms()
        await store.forget(conn, now_ms)
        if await store.count(conn) >= _MOST:
            raise Unavailable("too many clients wait to be connected: try again in a minute", retry_after=60)
        session = Connect(
            id=secrets.token_hex(24),
            challenge=secrets.token_hex(24),
            key_id=None,
            key_expires_ms=None,
            sealed_key=None,
            created_ms=now_ms,
            expires_ms=now_ms + LIFE_S * 1000,
        )
        await store.add(conn, session)
        return session

    async def authorize(
        self, conn: Conn, by: Actor, person: Caller, connect_id: str, *, source: str, roles: Sequence[str]
    ) -> Key:
        """Make a key of `person` for the waiting client.

        Its role is the first of `roles` that is the person's own, else the person's own role. Raises NotFound,
        BadRequest when the session has expired, Conflict when it has a key already.
        """
        session = await self.find(conn, connect_id)
        if session.key_id is not None:
            raise Conflict("this request has been answered already", code="connect_used", refused_as="connect.refuse")
        role = next((Role(one) for one in roles if one == person.role), person.role)
        name = "".join(filter(str.isprintable, source)).strip()[:_LONGEST_NAME] or "connected application"
        made = await self._keys.create(conn, by, person.user.id, name, role=role, via="connect")
        sealed = self._vault.seal(made.secret.encode(), place=_place(session.id))
        if not await store.give_key(
            conn, session.id, key_id=made.key.id, key_expires_ms=made.key.expires_ms, sealed_key=sealed
        ):
            raise Conflict("this request has been answered already", code="connect_used", refused_as="connect.refuse")
        return made.key

    async def fetch(self, conn: Conn, by: Actor, connect_id: str) -> Fetched:
        """What the client waits for. Once the key was fetched the session ends within a minute."""
        session = await self.find(conn, connect_id)
        if session.key_id is None or session.sealed_key is None:
            return Fetched(session, None)
        secret = self._vault.open(session.sealed_key, place=_place(session.id)).decode()
        await store.end_by(conn, session.id, self._clock.now_ms() + GRACE_S * 1000)
        await self._journal.note(conn, by, "connect.fetch", Target("key", str(session.key_id)))
        encrypted = encrypt_for_client(secret, challenge=session.challenge, key_id=str(session.key_id))
        return Fetched(session, encrypted)

    async def end(self, conn: Conn, connect_id: str) -> bool:
        return await store.remove(conn, connect_id)

    async def find(self, conn: Conn, connect_id: str) -> Connect:
        """A session that has not expired. Raises NotFound, BadRequest."""
        session = await store.find(conn, connect_id)
        if session is None:
            raise NotFound("there is no such connect session", code="connect_unknown", refused_as="connect.refuse")
        if self._clock.now_ms() >= session.expires_ms:
            raise BadRequest(
                "this request has expired: start it again", code="connect_expired", refused_as="connect.refuse"
            )
        return session


def _place(connect_id: str) -> str:
    return f"connects.sealed_key:{connect_id}"
