"""What ends by itself lives here: files whose time is over, and what a crash has left behind."""

from __future__ import annotations

import structlog

from aigne_hub.base.clock import Clock
from aigne_hub.db.engine import Database
from aigne_hub.files import store
from aigne_hub.files.drafts import Drafts
from aigne_hub.files.place import Place
from aigne_hub.files.store import StoredFile

log = structlog.get_logger()

_GRACE_MS = 3_600_000  # nothing is written for as long as this: what is older and has no other half was left behind
_PARTS = 10


class Sweeper:
    """Goes through the store, a bounded part at a time; several workers may do so at once."""

    def __init__(self, database: Database, clock: Clock, drafts: Drafts, place: Place, *, part: int = 200) -> None:
        self._database = database
        self._clock = clock
        self._drafts = drafts
        self._place = place
        self._part = part
        self._after = ""  # the key up to which the place has been looked through

    async def tick(self) -> None:
        try:
            await self._end_expired()
            swept = await self._drafts.sweep(self._before_ms())
            swept += await self._sweep_part()
        except OSError as error:
            log.warning("files not swept", error=str(error))
            return
        if swept:
            log.info("leftovers of files swept", leftovers=swept)

    async def _end_expired(self) -> None:
        for _ in range(_PARTS):
            async with self._database.write() as conn:
                ended = await store.remove_expired(conn, now_ms=self._clock.now_ms(), limit=self._part)
            place = await self._place.name()
            await self._remove_bytes([file.key for file in ended if file.place == place])
            if len(ended) < self._part:
                return

    async def _sweep_part(self) -> int:
        """Compare the next keys of the place with the rows, both ways; returns how many had no other half."""
        before_ms = self._before_ms()
        found = await self._place.keys_after(self._after, self._part)
        is_last = len(found) < self._part
        after, until = self._after, None if is_last else found[-1].key
        self._after = "" if is_last else found[-1].key
        keys = {one.key for one in found}
        async with self._database.read() as conn:
            known = {digest.hex() for digest in await store.known(conn, [bytes.fromhex(key) for key in keys])}
            rows = await store.between(
                conn,
                bytes.fromhex(after),
                None if until is None else bytes.fromhex(until),
                place=await self._place.name(),
                before_ms=before_ms,
                limit=self._part * _PARTS,
            )
        strays = [one.key for one in found if one.key not in known and one.written_ms < before_ms]
        await self._remove_bytes(strays)
        return len(strays) + len(await self._remove_rows([row for row in rows if row.key not in keys]))

    async def _remove_rows(self, lost: list[StoredFile]) -> list[StoredFile]:
        if not lost:
            return []
        async with self._database.write() as conn:
            return await store.remove_lost(conn, [row.id for row in lost])

    async def _remove_bytes(self, keys: list[str]) -> None:
        for key in keys:
            await self._place.remove(key)

    def _before_ms(self) -> int:
        return self._clock.now_ms() - _GRACE_MS
