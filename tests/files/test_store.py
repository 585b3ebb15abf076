"""The rows of files, on each kind of database."""

from __future__ import annotations

import pytest

from aigne_hub.files import store
from aigne_hub.files.store import StoredFile, space_of
from tests.files.shelf import Shelf

pytestmark = pytest.mark.anyio


def a_file(shelf: Shelf, n: int, **changes: object) -> StoredFile:
    facts = {
        "id": shelf.ids.new(), "user_id": shelf.ann.id, "digest": bytes([n]) * 32, "place": "disk-a", "name": "a",
        "media_type": "image/png", "size": 5000, "sha256": bytes(32), "created_ms": 1000, "expires_ms": 2000,
    }  # fmt: skip
    return StoredFile(**{**facts, **changes})  # type: ignore[arg-type]


async def test_space_is_counted_with_the_rows(shelf: Shelf) -> None:
    one, two = a_file(shelf, 1), a_file(shelf, 2)
    async with shelf.database.write() as conn:
        assert await store.add(conn, one, limit=16384)
        assert await store.add(conn, two, limit=16384)
        assert not await store.add(conn, a_file(shelf, 3), limit=16384)
    assert await shelf.used() == 16384
    async with shelf.database.write() as conn:
        assert await store.remove(conn, one.id, user_id=shelf.bob.id) is None
        assert await store.remove(conn, one.id, user_id=shelf.ann.id) == one
        assert await store.remove_lost(conn, [one.id, two.id]) == [two]
        assert await store.remove_lost(conn, []) == []
    assert await shelf.used() == 0


async def test_pages_go_from_the_newest_on(shelf: Shelf) -> None:
    rows = [a_file(shelf, n, user_id=(shelf.ann if n % 2 else shelf.bob).id, expires_ms=n) for n in range(1, 7)]
    async with shelf.database.write() as conn:
        for row in rows:
            await store.add(conn, row, limit=1 << 30)
        newest = await store.page(conn, user_id=None, before=None, limit=2, now_ms=0)
        assert newest == [rows[5], rows[4]]
        assert await store.page(conn, user_id=shelf.ann.id, before=rows[4].id, limit=9, now_ms=1) == [rows[2]]
        ended = await store.remove_expired(conn, now_ms=4, limit=3)
        assert sorted(row.id for row in ended) == [row.id for row in rows[:3]]
        assert await store.known(conn, [bytes([n]) * 32 for n in (3, 4, 9)]) == {bytes([4]) * 32}


async def test_rows_between_two_digests_are_of_one_place_and_old(shelf: Shelf) -> None:
    rows = [a_file(shelf, n) for n in range(1, 6)]
    async with shelf.database.write() as conn:
        for row in (*rows, a_file(shelf, 8, created_ms=5000), a_file(shelf, 9, place="disk-b")):
            await store.add(conn, row, limit=1 << 30)

        async def found(after: bytes, until: bytes | None, limit: int = 9) -> list[StoredFile]:
            return await store.between(conn, after, until, place="disk-a", before_ms=4000, limit=limit)

        assert await found(b"", None) == rows
        assert await found(rows[0].digest, rows[2].digest) == rows[1:3]
        assert await found(rows[0].digest, None, 2) == rows[1:3]


def test_a_disk_gives_whole_blocks() -> None:
    assert [space_of(size) for size in (0, 1, 4096, 4097)] == [4096, 4096, 4096, 8192]
