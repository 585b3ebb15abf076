"""Bytes on the disk of the data directory live here, in 256 folders by the beginning of their keys."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from io import BufferedReader
from itertools import islice
from pathlib import Path

from aigne_hub.files.drafts import PIECE, Draft
from aigne_hub.files.place import BytesLost, Found
from aigne_hub.files.threads import Threads

_SHARD = re.compile(r"[0-9a-f]{2}")
_KEY = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"disk-[0-9a-f]{16}")


class Disk:
    """A place below a folder, on the same disk as the drafts.

    Its name is made once and stays in the folder: hubs that share a database but no disk know their own files.
    """

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._folder = folder
        self._threads = threads
        self._name = ""

    async def name(self) -> str:
        if not self._name:
            self._name = await self._threads.run(_name_of, self._folder)
        return self._name

    async def put(self, draft: Draft, key: str) -> None:
        await self._threads.run(_move, draft.path, self._path(key))

    @asynccontextmanager
    async def read(self, key: str, start: int, size: int) -> AsyncIterator[AsyncGenerator[bytes, None]]:
        try:
            file = await self._threads.run(_open, self._path(key), start)
        except FileNotFoundError:
            raise BytesLost from None
        try:
            yield self._pieces(file, size)
        finally:
            self._threads.leave(file.close)

    async def remove(self, key: str) -> None:
        await self._threads.run(self._path(key).unlink, missing_ok=True)

    async def keys_after(self, key: str, limit: int) -> list[Found]:
        return await self._threads.run(_keys_after, self._folder, key, limit)

    async def _pieces(self, file: BufferedReader, size: int) -> AsyncGenerator[bytes, None]:
        while size > 0 and (piece := await self._threads.run(file.read, min(PIECE, size))):
            size -= len(piece)
            yield piece

    def _path(self, key: str) -> Path:
        assert _KEY.fullmatch(key), "a key is made of digits by the hub alone"
        return self._folder / key[:2] / key


def _name_of(folder: Path) -> str:
    path = folder / "place"
    if not path.exists():
        return ""
    name = path.read_text().strip()
    if not _NAME.fullmatch(name):
        raise OSError(f"{path} does not hold the name of a disk, such as disk-0123456789abcdef")
    return name


def _give_name(folder: Path) -> None:
    path, draft = folder / "place", folder / f"place.{secrets.token_hex(8)}"
    if path.exists():
        return
    draft.write_text(f"disk-{secrets.token_hex(8)}")
    with suppress(FileExistsError):  # workers that come at once get the same name
        os.link(draft, path)
    draft.unlink()


def _move(draft: Path, path: Path) -> None:
    """The file is whole under its key, also after the machine has died, or is not there."""
    _give_name(path.parent.parent)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    os.rename(draft, path)
    for folder in (path.parent, path.parent.parent):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _open(path: Path, start: int) -> BufferedReader:
    file = path.open("rb")
    file.seek(start)
    return file


def _keys_after(folder: Path, key: str, limit: int) -> list[Found]:
    return list(islice(_found_after(folder, key), limit))


def _found_after(folder: Path, key: str) -> Iterator[Found]:
    if not folder.exists():  # nothing was ever kept
        return
    for shard in sorted(name for name in os.listdir(folder) if _SHARD.fullmatch(name) and name >= key[:2]):
        for name in sorted(name for name in os.listdir(folder / shard) if _KEY.fullmatch(name) and name > key):
            with suppress(FileNotFoundError):  # removed in the meantime
                yield Found(name, int((folder / shard / name).stat().st_mtime * 1000))
