"""What is kept comes back whole, to whoever has its address, until its end; and what does not fit is not kept."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from sqlalchemy import select, text

from aigne_hub.audit.records import SYSTEM, Actor
from aigne_hub.base.errors import Failure, NotFound, Unavailable, UpstreamFailed
from aigne_hub.db.engine import Database
from aigne_hub.db.schema import audit, files
from aigne_hub.files.place import BytesLost
from aigne_hub.files.store import space_of
from tests.files.shelf import KEEP_S, LARGEST, LIMIT, Shelf, chunked, open_shelf, token_of

pytestmark = pytest.mark.anyio


async def test_a_file_comes_back_as_it_was(shelf: Shelf) -> None:
    chunks = [bytes([n]) * (n * 700) for n in range(1, 20)]
    kept = await shelf.desk.keep(shelf.ann.id, chunked(chunks), media_type="image/png", name="cat.png")
    assert re.fullmatch(r"/files/[A-Za-z0-9_-]{32}/cat\.png", kept.path)
    assert kept.url("https://hub.example/base") == f"https://hub.example/base{kept.path}"
    found = await shelf.desk.find(token_of(kept.path))
    assert found == kept.file
    whole = b"".join(chunks)
    assert (found.size, found.sha256) == (len(whole), hashlib.sha256(whole).digest())
    assert await shelf.content(found) == whole
    assert await shelf.content(found, 1000, 5000) == whole[1000:6000]
    assert await shelf.used() == space_of(len(whole))


async def test_nobody_reads_the_address_off_the_database_or_the_disk(shelf: Shelf) -> None:
    kept = await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type="image/png", name="cat.png")
    token = token_of(kept.path)
    async with shelf.database.read() as conn:
        (row,) = (await conn.execute(select(files))).all()
    assert token not in repr(row)
    assert token not in repr(kept)
    assert all(token not in str(path) for path in shelf.bytes_there())
    (path,) = shelf.bytes_there()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "a" * 31, "../../../etc/passwd", "%2e%2e", "é" * 32, "a" * 999])
async def test_an_unknown_token_leads_nowhere(shelf: Shelf, token: str) -> None:
    with pytest.raises(NotFound, match="no such file"):
        await shelf.desk.find(token)


async def test_a_file_ends_with_its_time(shelf: Shelf) -> None:
    token = token_of((await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type=None, name="a")).path)
    shelf.clock.advance(KEEP_S - 1)
    await shelf.desk.find(token)
    shelf.clock.advance(1)
    with pytest.raises(NotFound):
        await shelf.desk.find(token)


async def test_a_file_ends_with_its_owner_s_account_and_nobody_else_s(shelf: Shelf) -> None:
    ann = token_of((await shelf.desk.keep(shelf.ann.id, chunked([b"a"]), media_type=None, name="a")).path)
    bob = token_of((await shelf.desk.keep(shelf.bob.id, chunked([b"b"]), media_type=None, name="b")).path)
    async with shelf.database.write() as conn:
        await shelf.users.change(conn, SYSTEM, shelf.ann.id, is_disabled=True)
    with pytest.raises(NotFound):
        await shelf.desk.find(ann)
    assert await shelf.content(await shelf.desk.find(bob)) == b"b"


async def test_an_owner_removes_their_own_and_it_is_noted(shelf: Shelf) -> None:
    kept = await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type="image/png", name="a.png")
    by = Actor("user", id=shelf.ann.id, name="Ann")
    with pytest.raises(NotFound):
        await shelf.desk.remove(by, kept.file.id, user_id=shelf.bob.id)
    await shelf.desk.remove(by, kept.file.id, user_id=shelf.ann.id)
    for again in (shelf.ann.id, None):
        with pytest.raises(NotFound):
            await shelf.desk.remove(by, kept.file.id, user_id=again)
    assert shelf.bytes_there() == []
    assert await shelf.used() == 0
    async with shelf.database.read() as conn:
        (row,) = (await conn.execute(select(audit).where(audit.c.action == "file.delete"))).all()
    assert (row.actor_id, row.target_kind, row.target_id, row.target_name) == (
        shelf.ann.id, "file", str(kept.file.id), "a.png",
    )  # fmt: skip
    assert token_of(kept.path) not in repr(row)


async def left_over(shelf: Shelf, files: int) -> None:
    """Return when so many are left; threads remove them, in their own time."""
    with anyio.fail_after(5):
        while len(shelf.bytes_there()) > files:
            await anyio.sleep(0.005)
    assert len(shelf.bytes_there()) == files


async def test_a_file_that_is_too_large_is_not_kept_and_leaves_nothing(shelf: Shelf) -> None:
    with pytest.raises(UpstreamFailed) as error:
        await shelf.desk.keep(
            shelf.ann.id, chunked([bytes(60_000)] * 4), media_type="video/mp4", name="long.mp4"
        )  # fmt: skip
    assert error.value.kind is Failure.oversized
    await left_over(shelf, 0)
    whole = await shelf.desk.keep(shelf.ann.id, chunked([bytes(LARGEST)]), media_type=None, name="just")
    assert whole.file.size == LARGEST


async def test_a_full_store_takes_no_more_until_there_is_room(shelf: Shelf) -> None:
    kept = []
    with pytest.raises(Unavailable) as error:
        for _ in range(100):
            kept.append(await shelf.desk.keep(shelf.ann.id, chunked([bytes(190_000)]), media_type=None, name="a"))
    assert error.value.code == "files_full"
    assert len(kept) == 5
    assert await shelf.used() <= LIMIT
    await shelf.desk.remove(SYSTEM, kept[0].file.id, user_id=None)
    await shelf.desk.keep(shelf.ann.id, chunked([bytes(190_000)]), media_type=None, name="a")


async def test_many_at_once_never_take_more_than_the_limit(shelf: Shelf) -> None:
    async def one() -> bool:
        try:
            await shelf.desk.keep(shelf.ann.id, chunked([bytes(50_000)] * 2), media_type=None, name="a")
        except Unavailable as error:
            assert error.code == "files_full"
            return False
        return True

    kept = sum(await asyncio.gather(*[one() for _ in range(30)]))
    rows = await shelf.rows()
    assert 0 < kept == len(rows) <= LIMIT // 100_000
    assert await shelf.used() == sum(space_of(row.size) for row in rows) <= LIMIT
    await left_over(shelf, kept)
    assert await asyncio.gather(*[shelf.content(row) for row in rows]) == [bytes(100_000)] * kept


async def test_tiny_files_count_as_what_they_take_up(database: Database, tmp_path: Path) -> None:
    async with open_shelf(database, tmp_path / "files", limit=8192) as shelf:
        for _ in range(2):
            await shelf.desk.keep(shelf.ann.id, chunked([]), media_type=None, name="")
        with pytest.raises(Unavailable):
            await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type=None, name="")


async def test_a_store_without_room_keeps_nothing(database: Database, tmp_path: Path) -> None:
    async with open_shelf(database, tmp_path / "files", limit=0) as shelf:
        with pytest.raises(Unavailable):
            await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type=None, name="a")


async def test_what_breaks_off_leaves_nothing(shelf: Shelf) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 100
        raise UpstreamFailed(Failure.broken, "the provider hung up")

    with pytest.raises(UpstreamFailed, match="hung up"):
        await shelf.desk.keep(shelf.ann.id, broken(), media_type=None, name="a")
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x" * 100
        started.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(shelf.desk.keep(shelf.ann.id, endless(), media_type=None, name="a"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await left_over(shelf, 0)
    assert (await shelf.rows(), await shelf.used()) == ([], 0)


async def test_a_disk_that_cannot_be_written_is_told_without_its_path(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    shelf.folder.write_text("no folder")
    with pytest.raises(Unavailable) as error:
        await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type=None, name="a")
    assert error.value.code == "files_away"
    assert str(shelf.folder) not in error.value.message


async def test_bytes_that_are_gone_are_told_before_anything_is_sent(shelf: Shelf) -> None:
    kept = await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type=None, name="a")
    for path in shelf.bytes_there():
        path.unlink()
    with pytest.raises(BytesLost):
        await shelf.content(kept.file)


async def test_a_file_of_another_disk_is_not_looked_for_here(shelf: Shelf) -> None:
    kept = await shelf.desk.keep(shelf.ann.id, chunked([b"x"]), media_type=None, name="a")
    async with shelf.database.write() as conn:
        await conn.execute(text("UPDATE files SET place = 'disk-0000000000000000'"))
    with pytest.raises(NotFound):
        await shelf.desk.find(token_of(kept.path))
    removed = await shelf.desk.remove(SYSTEM, kept.file.id, user_id=None)
    assert removed == replace(kept.file, place="disk-0000000000000000")
    assert len(shelf.bytes_there()) == 1
