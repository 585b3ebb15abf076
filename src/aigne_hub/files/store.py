"""The rows of kept files live here, and the count of the space they take up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field

from sqlalchemy import Row, delete, insert, select, update

from aigne_hub.db.engine import Conn
from aigne_hub.db.schema import file_space, files, users

_BLOCK = 4096  # what a disk gives at the least


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is kept: `digest` is the keyed hash of the token in its address, `size` in bytes."""

    id: int
    user_id: int
    digest: bytes = field(repr=False)
    place: str
    name: str
    media_type: str
    size: int
    sha256: bytes = field(repr=False)
    created_ms: int
    expires_ms: int

    @property
    def key(self) -> str:
        """What its bytes are called in their place."""
        return self.digest.hex()


async def add(conn: Conn, file: StoredFile, *, limit: int) -> bool:
    """Add a row; False when all files together would take up more than `limit` bytes."""
    taken = space_of(file.size)
    changed = await conn.execute(
        update(file_space).where(file_space.c.used + taken <= limit).values(used=file_space.c.used + taken)
    )
    if changed.rowcount != 1:
        return False
    await conn.execute(insert(files).values(**asdict(file)))
    return True


async def used(conn: Conn) -> int:
    """The bytes that all files take up."""
    return int((await conn.execute(select(file_space.c.used))).scalar_one())


async def find_live(conn: Conn, digest: bytes, *, now_ms: int) -> StoredFile | None:
    """The file of a token, while it lasts and its owner is not disabled."""
    query = (
        select(files)
        .join(users, users.c.id == files.c.user_id)
        .where(files.c.digest == digest, files.c.expires_ms > now_ms, users.c.disabled_ms.is_(None))
    )
    row = (await conn.execute(query)).one_or_none()
    return _file(row) if row else None


async def page(conn: Conn, *, user_id: int | None, before: int | None, limit: int, now_ms: int) -> list[StoredFile]:
    """The files that last, newest first and older than `before`: of one user, or of all."""
    query = select(files).where(files.c.expires_ms > now_ms).order_by(files.c.id.desc()).limit(limit)
    if user_id is not None:
        query = query.where(files.c.user_id == user_id)
    if before is not None:
        query = query.where(files.c.id < before)
    return [_file(row) for row in await conn.execute(query)]


async def remove(conn: Conn, file_id: int, *, user_id: int | None) -> StoredFile | None:
    """Remove a file of this user, or of anybody; None when there is none."""
    await _hold_space(conn)
    query = delete(files).where(files.c.id == file_id)
    if user_id is not None:
        query = query.where(files.c.user_id == user_id)
    row = (await conn.execute(query.returning(*files.c))).one_or_none()
    if row is None:
        return None
    await _give_back(conn, [_file(row)])
    return _file(row)


async def remove_expired(conn: Conn, *, now_ms: int, limit: int) -> list[StoredFile]:
    """Remove the files whose time is over, `limit` at most."""
    await _hold_space(conn)
    some = select(files.c.id).where(files.c.expires_ms <= now_ms).order_by(files.c.expires_ms).limit(limit)
    return await _remove(conn, [row.id for row in await conn.execute(some)])


async def remove_lost(conn: Conn, ids: Collection[int]) -> list[StoredFile]:
    """Remove the rows of files whose bytes are gone."""
    await _hold_space(conn)
    return await _remove(conn, ids)


async def known(conn: Conn, digests: Collection[bytes]) -> set[bytes]:
    """Which of these have a row."""
    return set((await conn.execute(select(files.c.digest).where(files.c.digest.in_(digests)))).scalars())


async def between(
    conn: Conn, after: bytes, until: bytes | None, *, place: str, before_ms: int, limit: int
) -> list[StoredFile]:
    """The files of a place made before then, by their digests: after one, until another or to the end."""
    query = (
        select(files)
        .where(files.c.place == place, files.c.digest > after, files.c.created_ms < before_ms)
        .order_by(files.c.digest)
        .limit(limit)
    )
    if until is not None:
        query = query.where(files.c.digest <= until)
    return [_file(row) for row in await conn.execute(query)]


def space_of(size: int) -> int:
    """What so many bytes take up on a disk."""
    return max(1, -(-size // _BLOCK)) * _BLOCK


async def _hold_space(conn: Conn) -> None:
    """Let those who remove files take turns, so that no two wait for each other's rows."""
    await conn.execute(select(file_space.c.used).with_for_update())


async def _remove(conn: Conn, ids: Collection[int]) -> list[StoredFile]:
    if not ids:
        return []
    removed = [_file(row) for row in await conn.execute(delete(files).where(files.c.id.in_(ids)).returning(*files.c))]
    await _give_back(conn, removed)
    return removed


async def _give_back(conn: Conn, removed: list[StoredFile]) -> None:
    freed = sum(space_of(file.size) for file in removed)
    await conn.execute(update(file_space).values(used=file_space.c.used - freed))


def _file(row: Row[tuple[object, ...]]) -> StoredFile:
    return StoredFile(**row._asdict())
