"""What ends, and what a killed process left behind, goes; what is being written stays."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from aigne_hub.files.sweep import Sweeper
from tests.files.shelf import KEEP_S, Shelf, chunked

pytestmark = pytest.mark.anyio


async def keep(shelf: Shelf, count: int) -> list[Path]:
    for n in range(count):
        await shelf.desk.keep(shelf.ann.id, chunked([bytes([n])]), media_type=None, name=f"{n}")
    return shelf.bytes_there()


async def test_files_whose_time_is_over_go_with_their_bytes_and_their_space(shelf: Shelf) -> None:
    await keep(shelf, 5)
    shelf.clock.advance(KEEP_S / 2)
    young = await shelf.desk.keep(shelf.bob.id, chunked([b"young"]), media_type=None, name="y")
    shelf.clock.advance(KEEP_S / 2)
    await shelf.sweeper.tick()
    assert await shelf.rows() == [young.file]
    assert [path.name for path in shelf.bytes_there()] == [young.file.key]
    assert await shelf.used() == 4096


async def test_bytes_without_a_row_go_once_they_are_old(shelf: Shelf) -> None:
    paths = await keep(shelf, 3)
    for path in paths:
        shelf.age(path, hours=2)
    young, old = (paths[0].with_name(paths[0].name[:2] + digit * 62) for digit in "01")
    for path, hours in ((young, 0.9), (old, 1.1)):
        path.write_bytes(b"left behind")
        shelf.age(path, hours)
    other = shelf.folder / "notes.txt"
    other.write_text("an operator's own")
    shelf.age(other, hours=100)
    await shelf.sweeper.tick()
    assert shelf.bytes_there() == sorted([*paths, young, other])


async def test_rows_without_bytes_go_once_they_are_old(shelf: Shelf) -> None:
    first, *rest = await keep(shelf, 3)
    first.unlink()
    await shelf.sweeper.tick()
    assert len(await shelf.rows()) == 3  # its bytes might be on their way
    shelf.clock.advance(2 * 3600)
    await shelf.sweeper.tick()
    assert sorted(row.key for row in await shelf.rows()) == [path.name for path in rest]
    assert await shelf.used() == 2 * 4096


async def test_rows_of_another_disk_are_not_missed_here(shelf: Shelf) -> None:
    await keep(shelf, 2)
    async with shelf.database.write() as conn:
        await conn.execute(text("UPDATE files SET place = 'disk-0000000000000000'"))
    shelf.clock.advance(2 * 3600)
    await shelf.sweeper.tick()
    assert len(await shelf.rows()) == 2


async def test_a_store_that_is_larger_than_a_part_is_gone_through_part_by_part(shelf: Shelf) -> None:
    paths = await keep(shelf, 12)
    shelf.clock.advance(2 * 3600)
    strays = [path.with_name(path.name[:2] + "f" * 62) for path in paths]
    for stray in strays:
        stray.write_bytes(b"x")
        shelf.age(stray, hours=2)
    paths[3].unlink()
    sweeper = Sweeper(shelf.database, shelf.clock, shelf.drafts, shelf.place, part=5)
    for _ in range(7):
        await sweeper.tick()
    assert shelf.bytes_there() == [path for path in paths if path != paths[3]]
    assert len(await shelf.rows()) == 11


_KILLED = """
import asyncio, os, sys
from pathlib import Path
from aigne_hub.files.drafts import Drafts
from aigne_hub.files.threads import Threads

async def chunks():
    while True:
        yield bytes(300_000)
        print("writing", flush=True)

asyncio.run(Drafts(Path(sys.argv[1]) / "drafts", Threads()).write(chunks()))
"""


async def test_a_draft_of_a_killed_process_goes(shelf: Shelf) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(("src", *filter(None, sys.path)))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, str(shelf.folder), env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    process.kill()
    await process.wait()
    (draft,) = shelf.bytes_there()
    shelf.age(draft, hours=0.5)
    await shelf.sweeper.tick()
    assert shelf.bytes_there() == [draft]
    shelf.age(draft, hours=1.5)
    await shelf.sweeper.tick()
    assert shelf.bytes_there() == []


async def test_a_store_that_never_kept_anything_is_swept_without_a_trace(shelf: Shelf) -> None:
    await shelf.sweeper.tick()
    assert not shelf.folder.exists()
