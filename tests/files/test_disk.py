"""Bytes on the disk: whole under their keys, in order, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigne_hub.files.disk import Disk
from aigne_hub.files.drafts import Drafts
from aigne_hub.files.place import BytesLost
from aigne_hub.files.threads import Threads
from tests.files.shelf import chunked

pytestmark = pytest.mark.anyio


async def test_bytes_are_put_read_listed_and_removed(tmp_path: Path) -> None:
    threads = Threads()
    drafts, disk = Drafts(tmp_path / "drafts", threads), Disk(tmp_path, threads)
    keys = [digit * 64 for digit in "0a5f"]
    for key in keys:
        await disk.put(await drafts.write(chunked([key.encode()])), key)
    assert [found.key for found in await disk.keys_after("", 10)] == sorted(keys)
    assert [found.key for found in await disk.keys_after("5" * 64, 1)] == ["a" * 64]
    async with disk.read("a" * 64, 10, 20) as pieces:
        assert [piece async for piece in pieces] == [b"a" * 20]
    await disk.remove("a" * 64)
    await disk.remove("a" * 64)
    with pytest.raises(BytesLost):
        async with disk.read("a" * 64, 0, 1):
            pass
    assert list((tmp_path / "drafts").iterdir()) == []
    threads.close()


async def test_a_disk_is_named_once_it_holds_something_and_keeps_its_name(tmp_path: Path) -> None:
    threads = Threads()
    drafts = Drafts(tmp_path / "drafts", threads)
    first = Disk(tmp_path, threads)
    assert await first.name() == ""
    await first.put(await drafts.write(chunked([b"x"])), "a" * 64)
    name = await first.name()
    assert name.startswith("disk-")
    second = Disk(tmp_path, threads)
    await second.put(await drafts.write(chunked([b"y"])), "b" * 64)
    assert await second.name() == name
    (tmp_path / "place").write_text("")
    with pytest.raises(OSError, match="does not hold the name"):
        await Disk(tmp_path, threads).name()
    threads.close()


async def test_a_key_that_the_hub_did_not_make_reaches_no_path(tmp_path: Path) -> None:
    threads = Threads()
    disk = Disk(tmp_path, threads)
    for key in ("../" + "a" * 61, "", "/etc/passwd"):
        with pytest.raises(AssertionError):
            await disk.remove(key)
    threads.close()
