"""What operators may change about access while the hub runs lives here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from aigne_hub.access import store
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Conflict
from aigne_hub.db.engine import Conn
from aigne_hub.db.versions import hold


@dataclass(frozen=True, slots=True)
class Preferences:
    """`local_sign_in`: passwords and passkeys work. `dynamic_registration`: clients may register themselves."""

    local_sign_in: bool = True
    dynamic_registration: bool = False


async def read_preferences(conn: Conn) -> Preferences:
    kept = await store.read_preferences(conn)
    names = asdict(Preferences())
    return replace(Preferences(), **{name: value for name, value in kept.items() if name in names})


class PreferenceBook:
    """Changes preferences, each change noted in the journal."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal

    async def change(self, conn: Conn, by: Actor, **changes: bool) -> Preferences:
        """Raises Conflict when local sign-in is to end before an owner can come in by single sign-on."""
        await hold(conn, store.COUNTER)
        old = await read_preferences(conn)
        new = replace(old, **changes)
        if old.local_sign_in and not new.local_sign_in and not await store.can_an_owner_use_sso(conn):
            raise Conflict("no owner has signed in by single sign-on yet: link one first", param="localSignIn")
        if new != old:
            await store.write_preferences(conn, changes, self._clock.now_ms())
            await self._journal.note(
                conn, by, "preferences.change", Target("preferences", "access"), before=asdict(old), after=asdict(new)
            )
        return new
