"""Drafts live here: what is being written, on a disk, in threads, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aigne_hub.files.threads import Threads

PIECE = 1 << 18
_SWEPT = 1000  # leftovers removed in one go


@dataclass(frozen=True, slots=True)
class Draft:
    """Bytes that are whole and safe on the disk, but in no place yet."""

    path: Path
    size: int
    sha256: bytes = field(repr=False)


class Drafts:
    """Writes drafts into a folder of its own, which it makes."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self._folder = folder
        self._threads = threads

    async def write(self, chunks: AsyncIterator[bytes]) -> Draft:
        """Take all chunks, a quarter of a megabyte at a time. Raises OSError, and whatever the chunks raise."""
        writer = await self._threads.run(_Writer, self._folder)
        is_whole = False
        try:
            async for pieces in _gathered(chunks):
                await self._threads.run(writer.write, pieces)
            draft = await self._threads.run(writer.finish)
            is_whole = True
        finally:
            if not is_whole:  # also when cancelled: the thread that may still write goes first
                self._threads.leave(writer.abandon)
        return draft

    def discard(self, draft: Draft) -> None:
        """Remove what is left of a draft; nothing is when its place has taken the file itself."""
        self._threads.leave(draft.path.unlink, missing_ok=True)

    async def sweep(self, before_ms: int) -> int:
        """Remove what a process left that ended while it wrote, before then; returns how many."""
        return await self._threads.run(_sweep, self._folder, before_ms)


async def _gathered(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    """The chunks in portions that are worth the way to a thread."""
    pieces: list[bytes] = []
    size = 0
    async for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size >= PIECE:
            yield pieces
            pieces, size = [], 0
    if pieces:
        yield pieces


class _Writer:
    """One draft while it is written; every method blocks, and they take turns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{secrets.token_hex(16)}.part"
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
        self._hash = hashlib.sha256()
        self._turn = threading.Lock()
        self._size = 0

    def write(self, pieces: list[bytes]) -> None:
        with self._turn:
            for piece in pieces:
                self._file.write(piece)
                self._hash.update(piece)
                self._size += len(piece)

    def finish(self) -> Draft:
        with self._turn:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            return Draft(self._path, self._size, self._hash.digest())

    def abandon(self) -> None:
        with self._turn:
            with suppress(OSError):  # a full disk refuses the last of the buffer too
                self._file.close()
            self._path.unlink(missing_ok=True)


def _sweep(folder: Path, before_ms: int) -> int:
    swept = 0
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # another worker sweeps too
                if entry.name.endswith(".part") and entry.stat().st_mtime * 1000 < before_ms:
                    os.unlink(entry.path)
                    swept += 1
            if swept >= _SWEPT:
                break
    return swept
