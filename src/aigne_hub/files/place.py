"""What a place for bytes can do is said here; disk.py and bucket.py are the two there are."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from aigne_hub.files.drafts import Draft


class BytesLost(OSError):
    """There are no bytes under this key."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing in a place: its key, and when it was written."""

    key: str
    written_ms: int


class Place(Protocol):
    """Keeps bytes under keys of 64 hexadecimal digits. All may raise OSError: the place is away."""

    async def name(self) -> str:
        """By which a row says where its bytes are; empty while nothing was ever put here."""
        ...

    async def put(self, draft: Draft, key: str) -> None:
        """Take the bytes of a draft; there, whole and safe, when this returns."""
        ...

    def read(self, key: str, start: int, size: int) -> AbstractAsyncContextManager[AsyncGenerator[bytes, None]]:
        """`size` bytes from `start` on, in pieces. Raises BytesLost on entering."""
        ...

    async def remove(self, key: str) -> None:
        """Remove the bytes, if they are there."""
        ...

    async def keys_after(self, key: str, limit: int) -> list[Found]:
        """What is there beyond a key, in the order of keys: all of it when fewer than `limit` are told."""
        ...
