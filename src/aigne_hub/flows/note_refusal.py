"""Refusals reach the journal here: in a transaction of their own, as what was refused changed nothing."""

from __future__ import annotations

import structlog

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Outcome, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import HubError, TooMany
from aigne_hub.base.throttle import Throttle
from aigne_hub.db.engine import Database

log = structlog.get_logger()

_ROWS = 30
_ROWS_PER_S = 60.0


class RefusalBook:
    """Notes refusals, at most 30 a minute for each address: nobody can fill the journal by being refused."""

    def __init__(self, database: Database, clock: Clock, journal: Journal) -> None:
        self._database = database
        self._clock = clock
        self._journal = journal
        self._throttle = Throttle(_ROWS, _ROWS_PER_S)

    async def note(self, actor: Actor, error: HubError, *, method: str, path: str) -> None:
        """Note that a request was refused for `error`, which says under which action. Never raises a HubError."""
        assert error.refused_as is not None
        try:
            self._throttle.take(actor.address or "", self._clock.monotonic())
        except TooMany:
            log.warning("refusal not noted", address=actor.address, action=error.refused_as)
            return
        kind, about = error.about or ("path", path)
        target = Target(kind, _visible(about)[:64])
        after = {"reason": error.code, "method": method}
        try:
            async with self._database.write() as conn:
                await self._journal.note(conn, actor, error.refused_as, target, after=after, outcome=Outcome.refused)
        except HubError as problem:
            log.error("refusal not noted", action=error.refused_as, error=problem.message)


def _visible(text: str) -> str:
    """What a caller wrote, as any database can keep it: PostgreSQL takes no U+0000."""
    return "".join(c if c.isprintable() else "?" for c in text)
