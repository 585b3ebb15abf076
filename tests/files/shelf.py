"""A file store of its own for one test, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aigne_hub.access.identity import Role, User
from aigne_hub.access.users import Users
from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import SYSTEM
from aigne_hub.base.clock import StoppedClock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database
from aigne_hub.files import store
from aigne_hub.files.desk import FileDesk
from aigne_hub.files.disk import Disk
from aigne_hub.files.drafts import Drafts
from aigne_hub.files.store import StoredFile
from aigne_hub.files.sweep import Sweeper
from aigne_hub.files.threads import Threads

HOUR_S = 3600
KEEP_S = 24 * HOUR_S
LIMIT = 1 << 20
LARGEST = 200_000


@dataclass
class Shelf:
    """A desk, its sweeper and its folder, with two users."""

    database: Database
    clock: StoppedClock
    ids: IdSource
    users: Users
    desk: FileDesk
    sweeper: Sweeper
    place: Disk
    drafts: Drafts
    folder: Path
    ann: User
    bob: User

    async def content(self, file: StoredFile, start: int = 0, size: int | None = None) -> bytes:
        async with self.desk.read(file, start, file.size if size is None else size) as pieces:
            return b"".join([piece async for piece in pieces])

    async def used(self) -> int:
        async with self.database.read() as conn:
            return await store.used(conn)

    async def rows(self) -> list[StoredFile]:
        async with self.database.read() as conn:
            return await store.page(conn, user_id=None, before=None, limit=1000, now_ms=0)

    def bytes_there(self) -> list[Path]:
        """Every file with bytes, drafts included."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file() and path.name != "place")

    def age(self, path: Path, hours: float) -> None:
        """Let a file have been written so long before the clock's time."""
        at = self.clock.now_ms() / 1000 - hours * HOUR_S
        os.utime(path, (at, at))


@asynccontextmanager
async def open_shelf(database: Database, folder: Path, *, limit: int = LIMIT) -> AsyncIterator[Shelf]:
    clock, vault, threads = StoppedClock(), Vault(bytes(range(32))), Threads()
    ids, journal = IdSource(clock, 1), Journal(vault, clock)
    users = Users(clock, ids, journal)
    async with database.write() as conn:
        ann = await users.add(conn, SYSTEM, "Ann", role=Role.member)
        bob = await users.add(conn, SYSTEM, "Bob", role=Role.member)
    drafts, place = Drafts(folder / "drafts", threads), Disk(folder, threads)
    desk = FileDesk(
        database, vault, clock, ids, journal, drafts, place, keep_s=KEEP_S, limit=limit, largest=LARGEST
    )  # fmt: skip
    try:
        yield Shelf(
            database, clock, ids, users, desk, Sweeper(database, clock, drafts, place), place, drafts, folder, ann, bob
        )
    finally:
        await asyncio.to_thread(threads.close)


async def chunked(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def token_of(path: str) -> str:
    return path.split("/")[2]
