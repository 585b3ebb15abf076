"""Models' statuses are written down here: once for all workers, what the calls of each of them found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

import structlog

from aigne_hub.base.clock import Clock
from aigne_hub.base.errors import Unavailable
from aigne_hub.catalog.snapshot import CatalogSnapshot
from aigne_hub.catalog.statuses import store
from aigne_hub.catalog.statuses.availability import Availability
from aigne_hub.catalog.statuses.board import StatusBoard
from aigne_hub.catalog.statuses.entries import OF_A_CREDENTIAL, ModelStatus, StatusChange
from aigne_hub.catalog.store import list_providers
from aigne_hub.db.engine import Conn, Database
from aigne_hub.db.versions import hold
from aigne_hub.flows.telling import Telling

log = structlog.get_logger()

MOST_DOWN = 1024
FORGET_MS = 600_000  # what nobody found so for this long is not known any more: clients may not call what is down


class ModelStatuses:
    """What a worker's calls noticed is queued; a tick writes down what is new, and forgets what has ended."""

    def __init__(
        self,
        database: Database,
        catalog: CatalogSnapshot,
        board: StatusBoard,
        availability: Availability,
        telling: Telling,
        clock: Clock,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._board = board
        self._availability = availability
        self._telling = telling
        self._clock = clock

    async def tick(self) -> None:
        """Write down what there is to write. What the database cannot take now stays queued; others tell of outages."""
        noticed, ended = self._availability.noticed(), list(self._ended())
        if not (noticed or ended):
            self._availability.settle(())
            return
        with suppress(Unavailable):
            async with self._database.write() as conn:
                changes = await self._write_down(conn, noticed, ended)
                names = {one.id: one.name for one in await list_providers(conn)} if changes else {}
                for change in changes:
                    await self._telling.tell_model(conn, names[change.provider_id], change)
            self._availability.settle(noticed)
            for change in changes:
                _tell(names[change.provider_id], change)

    def _ended(self) -> Iterator[ModelStatus]:
        """What nobody has found down for long, and what was of a credential where there is a newer one."""
        now_ms = self._clock.now_ms()
        for status in self._board.down.values():
            if now_ms - status.seen_ms >= FORGET_MS or (
                status.fault.code in OF_A_CREDENTIAL
                and any(
                    one.provider.id == status.provider_id and one.credential_ms > status.seen_ms
                    for one in self._catalog.usable()
                )
            ):
                yield status

    async def _write_down(
        self, conn: Conn, noticed: Iterable[StatusChange], ended: Sequence[ModelStatus]
    ) -> list[StatusChange]:
        """Of many workers that noticed the same, the first one changes something."""
        await hold(conn, store.COUNTER)
        known = {one.key: one for one in await store.list_statuses(conn)}
        providers, now_ms = {one.id for one in await list_providers(conn)}, self._clock.now_ms()
        up = [StatusChange(one.provider_id, one.model, one.kind, None) for one in ended if known.get(one.key) == one]
        added: list[ModelStatus] = []
        seen: list[ModelStatus] = []
        for one in noticed:
            if one.fault is None:
                up += [one] if one.key in known else []
            elif one.provider_id in providers:
                old = known.get(one.key)
                since_ms = now_ms if old is None else old.changed_ms
                (added if old is None else seen).append(
                    ModelStatus(one.provider_id, one.model, one.kind, one.fault, since_ms, now_ms)
                )
        added = added[: max(0, MOST_DOWN - len(known))]
        for write, rows in ((store.add_statuses, added), (store.see_again, seen)):
            if rows:
                await write(conn, rows)
        if up:
            await store.remove_statuses(conn, [one.key for one in up])
        return [*up, *(StatusChange(one.provider_id, one.model, one.kind, one.fault) for one in added)]


def _tell(provider: str, change: StatusChange) -> None:
    if change.fault is None:
        log.info("model is available", provider=provider, model=change.model)
    else:
        log.warning("model is not available", provider=provider, model=change.model, reason=change.fault.code)
