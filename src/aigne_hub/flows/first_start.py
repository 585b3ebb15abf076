"""The very first start lives here: an owner and a key, so that a fresh hub can be called at once."""

from __future__ import annotations

from aigne_hub.access import store
from aigne_hub.access.identity import NewKey, Role
from aigne_hub.access.keys import Keys
from aigne_hub.access.users import Users
from aigne_hub.audit.records import SYSTEM
from aigne_hub.db.engine import Database


async def first_start(database: Database, users: Users, keys: Keys) -> NewKey | None:
    """Make the owner and their first key when the hub has no owner yet; None when it has one."""
    async with database.write() as conn:
        if await store.first_owner(conn) is not None:
            return None
        owner = await users.add(conn, SYSTEM, "owner", role=Role.owner)
        return await keys.create(conn, SYSTEM, owner.id, "first key", role=Role.owner)
