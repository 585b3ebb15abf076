"""The desk of the file store lives here: what takes a file in, finds it, hands it out, and ends it."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field

import structlog

from aigne_hub.audit.journal import Journal
from aigne_hub.audit.records import Actor, Target
from aigne_hub.base.clock import Clock
from aigne_hub.base.crypto import Vault
from aigne_hub.base.errors import Failure, HubError, NotFound, Unavailable, UpstreamFailed
from aigne_hub.base.ids import IdSource
from aigne_hub.db.engine import Database
from aigne_hub.files import store
from aigne_hub.files.drafts import Draft, Drafts
from aigne_hub.files.names import plain_name, plain_type
from aigne_hub.files.place import Place
from aigne_hub.files.store import StoredFile

log = structlog.get_logger()

_TOKEN_BYTES = 24
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file just kept: the only place its address is ever seen."""

    file: StoredFile
    path: str = field(repr=False)

    def url(self, hub_url: str) -> str:
        """Its address, below the one at which the hub is reached."""
        return hub_url + self.path


class FileDesk:
    """Files for `keep_s` seconds, of at most `largest` bytes each and `limit` bytes together; no `limit`, no files."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        clock: Clock,
        ids: IdSource,
        journal: Journal,
        drafts: Drafts,
        place: Place,
        *,
        keep_s: float,
        limit: int,
        largest: int,
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._journal = journal
        self._drafts = drafts
        self._place = place
        self._keep_ms = int(keep_s * 1000)
        self._limit = limit
        self._largest = largest
        self._writing = 0  # bytes that are on their way in, in this process

    async def keep(self, user_id: int, chunks: AsyncIterator[bytes], *, media_type: str | None, name: str) -> Kept:
        """Keep what the chunks hold for a user; whole, safe and to be fetched when this returns.

        Raises Unavailable (`files_full`, `files_away`) when there is no room for it or nothing can be written,
        UpstreamFailed (oversized) when it is too large, and whatever the chunks raise.
        """
        try:
            async with aclosing(self._within(chunks)) as bounded:
                draft = await self._drafts.write(bounded)
            try:
                return await self._put(user_id, draft, plain_type(media_type), name)
            finally:
                self._drafts.discard(draft)
        except OSError as error:
            raise _away(error) from error

    async def find(self, token: str) -> StoredFile:
        """The file behind a token. Raises NotFound, without a word on why."""
        if not _TOKEN.fullmatch(token):
            raise no_such_file()
        async with self._database.read() as conn:
            found = await store.find_live(conn, self._vault.digest(token), now_ms=self._clock.now_ms())
        if found is None:
            raise no_such_file()
        if found.place != await self._place.name():
            log.warning("file is kept elsewhere", file=found.id, place=found.place)
            raise no_such_file()
        return found

    def read(self, file: StoredFile, start: int, size: int) -> AbstractAsyncContextManager[AsyncGenerator[bytes, None]]:
        """A part of a file, in pieces. Raises BytesLost or OSError."""
        return self._place.read(file.key, start, size)

    async def remove(self, by: Actor, file_id: int, *, user_id: int | None) -> StoredFile:
        """Remove a file, of this user or of anybody. Raises NotFound."""
        async with self._database.write() as conn:
            removed = await store.remove(conn, file_id, user_id=user_id)
            if removed is None:
                raise no_such_file()
            before = {"mediaType": removed.media_type, "size": removed.size, "userId": str(removed.user_id)}
            target = Target("file", str(removed.id), removed.name)
            await self._journal.note(conn, by, "file.delete", target, before=before)
        await self._forget(removed)
        return removed

    async def _within(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The chunks, while there is room for them."""
        async with self._database.read() as conn:
            used = await store.used(conn)
        size = 0
        try:
            async for chunk in chunks:
                size += len(chunk)
                self._writing += len(chunk)
                if size > self._largest:
                    raise UpstreamFailed(Failure.oversized, f"the file is larger than {self._largest} bytes")
                if used + self._writing > self._limit:
                    raise _full()
                yield chunk
        finally:
            self._writing -= size

    async def _put(self, user_id: int, draft: Draft, media_type: str, name: str) -> Kept:
        """Bytes first, then their row: a row never stands for bytes that are not there."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        digest, now_ms = self._vault.digest(token), self._clock.now_ms()
        await self._place.put(draft, digest.hex())
        file = StoredFile(
            id=self._ids.new(),
            user_id=user_id,
            digest=digest,
            place=await self._place.name(),
            name=plain_name(name, media_type),
            media_type=media_type,
            size=draft.size,
            sha256=draft.sha256,
            created_ms=now_ms,
            expires_ms=now_ms + self._keep_ms,
        )
        try:
            async with self._database.write() as conn:
                if not await store.add(conn, file, limit=self._limit):
                    raise _full()
        except HubError:
            await self._forget(file)
            raise
        return Kept(file, f"/files/{token}/{file.name}")

    async def _forget(self, file: StoredFile) -> None:
        """Remove the bytes of a file that has no row; what cannot be removed now is swept later."""
        try:
            if file.place == await self._place.name():
                await self._place.remove(file.key)
        except OSError as error:
            log.warning("bytes not removed yet", file=file.id, error=str(error))


def no_such_file() -> NotFound:
    return NotFound("there is no such file, or its time is over", code="file_not_found")


def _full() -> Unavailable:
    return Unavailable("the hub has no room for this file: its store is full", code="files_full")


def _away(error: OSError) -> Unavailable:
    log.error("file not kept", error=error.strerror or str(error))
    return Unavailable("the hub cannot keep files now", code="files_away")
