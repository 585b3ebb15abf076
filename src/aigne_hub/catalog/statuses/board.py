"""Models that are not available, in memory, and who wants to hear of changes live here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aigne_hub.catalog.statuses import store
from aigne_hub.catalog.statuses.entries import Fault, ModelKey, ModelStatus, StatusChange
from aigne_hub.db.engine import Conn


class StatusBoard:
    """What all workers know. Asking it costs a look into a dict that is mostly empty."""

    counter = store.COUNTER

    def __init__(self) -> None:
        self.down: Mapping[ModelKey, ModelStatus] = {}
        self.version = -1
        self._listeners: list[Callable[[Sequence[StatusChange]], None]] = []

    def listen(self, listener: Callable[[Sequence[StatusChange]], None]) -> None:
        """Have `listener` hear of each change from now on; it must not wait for anything."""
        self._listeners.append(listener)

    async def load(self, conn: Conn, version: int) -> None:
        found = {one.key: one for one in await store.list_statuses(conn)}
        old, self.down = self.down, found
        is_first, self.version = self.version < 0, version
        changes = [] if is_first else changes_between(old, found)
        if changes:
            for listener in self._listeners:
                listener(changes)

    def confirm(self) -> None:
        """Nothing to note: what was known last is still the best guess."""

    def fault(self, key: ModelKey) -> Fault | None:
        """Why a model is not available; None when it is, as far as anybody knows."""
        found = self.down.get(key)
        return None if found is None else found.fault


def changes_between(old: Mapping[ModelKey, ModelStatus], new: Mapping[ModelKey, ModelStatus]) -> list[StatusChange]:
    gone = [StatusChange(one.provider_id, one.model, one.kind, None) for key, one in old.items() if key not in new]
    come = [StatusChange(one.provider_id, one.model, one.kind, one.fault) for key, one in new.items() if key not in old]
    return gone + come
