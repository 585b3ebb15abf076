"""What people let applications do in their name lives here."""

from __future__ import annotations

from dataclasses import replace

from aigne_hub.access.identity import Scope, UserId
from aigne_hub.access.oauth import store
from aigne_hub.access.oauth.clients import client_target
from aigne_hub.access.oauth.records import Authorization, Client
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import NotFound
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Conn


class Authorizations:
    """Each function is one step of its caller's transaction; changes are noted in the journal."""

    def __init__(self, clock: Clock, ids: IdSource, journal: Journal) -> None:
        self._clock = clock
        self._ids = ids
        self._journal = journal

    async def allow(
        self, conn: Conn, by: Actor, client: Client, user_id: UserId, scopes: frozenset[Scope]
    ) -> Authorization:
        """Let a client act for a user; what was allowed before stays allowed."""
        await store.hold(conn)
        old = await store.find_authorization(conn, user_id, client.id)
        if old is None:
            new = Authorization(self._ids.new(), user_id, client.id, scopes, self._clock.now_ms())
        else:
            new = replace(old, scopes=old.scopes | scopes)
        if new != old:
            await store.put_authorization(conn, new)
            await self._journal.note(
                conn,
                by,
                "authorization.create",
                client_target(client),
                after={"user": str(user_id), "scopes": sorted(new.scopes)},
            )
        return new

    async def is_known(self, conn: Conn, user_id: UserId, client: Client, scopes: frozenset[Scope]) -> bool:
        """Whether a user has allowed a client all of this before."""
        found = await store.find_authorization(conn, user_id, client.id)
        return found is not None and scopes <= found.scopes

    async def list(self, conn: Conn, user_id: UserId) -> list[tuple[Authorization, Client]]:
        return await store.list_authorizations(conn, user_id)

    async def end(self, conn: Conn, by: Actor, user_id: UserId, authorization_id: int) -> None:
        """Take back what a user allowed; its tokens, codes and devices end at once. Raises NotFound."""
        await store.hold(conn)
        found = await store.authorization_by_id(conn, authorization_id)
        client = None if found is None else await store.find_client(conn, found.client_row)
        if found is None or client is None or found.user_id != user_id or found.ended_ms is not None:
            raise NotFound("there is no such authorised application")
        now_ms = self._clock.now_ms()
        await store.put_authorization(conn, replace(found, ended_ms=now_ms))
        await store.withdraw_devices(conn, user_id, client.id)
        ended = await store.revoke_of_authorization(conn, found.id, now_ms)
        await self._journal.note(
            conn,
            by,
            "authorization.end",
            client_target(client),
            after={"user": str(user_id), "tokens_ended": ended},
        )
