"""Registering an app lives here."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from aigne_hub.access.apps import store
from aigne_hub.access.apps.did import did_of
from aigne_hub.access.apps.store import App
from aigne_hub.access.identity import Role, UserKind
from aigne_hub.access.users import Users
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import BadRequest, Unavailable
from aigne_hub.db.engine import Conn

_MOST_WAITING = 1000


class AppDesk:
    """Each function is one step of its caller's transaction, noted in the journal."""

    def __init__(self, clock: Clock, users: Users) -> None:
        self._clock = clock
        self._users = users

    async def find(self, conn: Conn, app_id: str) -> App | None:
        return await store.find(conn, app_id)

    async def register(self, conn: Conn, by: Actor, public_key: str) -> App:
        """Take a public key in hex, once: its app waits, as a disabled service account, to be switched on.

        Raises BadRequest for what is no Ed25519 key, Unavailable when too many wait.
        """
        try:
            raw = bytes.fromhex(public_key.removeprefix("0x"))
            Ed25519PublicKey.from_public_bytes(raw)
        except ValueError:
            raise BadRequest("publicKey is an Ed25519 public key: 32 bytes in hex", param="publicKey") from None
        app_id = did_of(raw)
        known = await store.find(conn, app_id)
        if known is not None:
            return known
        if await store.count_waiting(conn) >= _MOST_WAITING:
            raise Unavailable("too many apps wait to be allowed: ask an admin of this hub", retry_after=3600)
        account = await self._users.add(conn, by, f"app {app_id}", role=Role.guest, kind=UserKind.service)
        await self._users.change(conn, by, account.id, is_disabled=True)
        app = App(app_id, raw, account.id, self._clock.now_ms())
        await store.add(conn, app)
        return app
