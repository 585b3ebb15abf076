"""Who keeps the hub from being shut to its owners is found here."""

from __future__ import annotations

from aigne_hub.access import store
from aigne_hub.access.identity import UserId
from aigne_hub.access.preferences import read_preferences
from aigne_hub.base.errors import Conflict
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold


async def why_owner_stays(conn: Conn, user_id: UserId) -> Conflict | None:
    """Why a user, an owner who can act, must remain one; None when others can take their place."""
    await hold(conn, store.COUNTER)  # two owners who leave at once would each count on the other
    if await store.count_live_owners(conn, but=user_id) == 0:
        return Conflict("this is the last owner: make somebody else owner first", code="last_owner")
    return await _why_shut(conn, but=user_id)


async def refuse_lockout(conn: Conn) -> None:
    """Raises Conflict when single sign-on is the only way in and no owner could come in by it any more.

    Part of a change, after it: whoever is refused has changed nothing.
    """
    await hold(conn, store.COUNTER)
    if problem := await _why_shut(conn, but=None):
        raise problem


async def _why_shut(conn: Conn, but: UserId | None) -> Conflict | None:
    if (await read_preferences(conn)).local_sign_in or await store.can_an_owner_use_sso(conn, but=but):
        return None
    return Conflict(
        "no owner could sign in any more: let another owner sign in by single sign-on, or let people sign in with "
        "passwords first",
        code="last_way_in",
    )
