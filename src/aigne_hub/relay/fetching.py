"""Pictures at addresses are fetched here, for whoever needs their bytes; bounded in number, size and time."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence

import structlog

from aigne_hub.base.errors import Failure, HubError, UpstreamFailed
from aigne_hub.dialects.inlined import InlineFile, Linked
from aigne_hub.dialects.media import IMAGE_KINDS, sniffed
from aigne_hub.outbound import Client, Limits
from aigne_hub.outbound.downloads import download
from aigne_hub.relay.reply import Reply

log = structlog.get_logger()

_AT_ONCE = 4
_TOGETHER_S = 60.0
_ENCODED_AT_ONCE = 1 << 18  # bytes that are put into base64 without leaving the loop
_ANY_TYPE = frozenset({"", "application/octet-stream", "binary/octet-stream"})


class Fetching:
    """Fetches by one client, whose guard decides where it may go, pictures of at most `largest` bytes."""

    def __init__(self, client: Client, *, largest: int) -> None:
        self._client = client
        self._limits = Limits(connect_s=5, first_byte_s=20, idle_s=10, total_s=40, answer_bytes=largest)

    async def fetch(self, url: str, name: str) -> InlineFile:
        """A picture; what it is shows in its first bytes. Raises UpstreamFailed."""
        found = await download(self._client, url, self._limits)
        if found.media_type not in _ANY_TYPE and not found.media_type.startswith("image/"):
            raise UpstreamFailed(Failure.malformed, f"what is there is no picture ({found.media_type[:60]})")
        data = await _encoded(found.data)
        mime = sniffed(data)
        if mime not in IMAGE_KINDS:
            raise UpstreamFailed(Failure.malformed, "what is there is no picture of a kind that models take")
        return InlineFile(data, mime, f"{name}.{mime.rpartition('/')[2]}")

    async def fetch_all(self, urls: Sequence[str]) -> list[InlineFile | UpstreamFailed]:
        """Each of them, or why it is not there; a few at once, and all within a minute."""
        turns = asyncio.Semaphore(_AT_ONCE)
        ends = asyncio.get_running_loop().time() + _TOGETHER_S

        async def one(number: int, url: str) -> InlineFile | UpstreamFailed:
            try:
                async with asyncio.timeout_at(ends), turns:
                    return await self.fetch(url, str(number))
            except UpstreamFailed as error:
                return error
            except TimeoutError:
                return UpstreamFailed(Failure.timeout, f"it did not come within {_TOGETHER_S:g} s")

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number, url)) for number, url in enumerate(urls)]
        return [task.result() for task in tasks]

    async def put_in(self, found: Linked | None, reply: Reply) -> bytes | None:
        """An answer with its pictures in it; None when it has no addresses.

        What cannot be fetched stays at its address: the provider has been paid for it. The caller is told.
        """
        if found is None:
            return None
        fetched = await self.fetch_all(found.urls)
        for one in fetched:
            if isinstance(one, HubError):
                log.warning("picture stays at its address", code=one.code, error=one.message)
        files = [one if isinstance(one, InlineFile) else None for one in fetched]
        if None in files:
            reply.tell(b"x-hub-dropped", f"{found.field}=approximated")
        return found.with_files(files)


async def _encoded(data: bytes) -> str:
    if len(data) <= _ENCODED_AT_ONCE:
        return base64.b64encode(data).decode("ascii")
    return (await asyncio.to_thread(base64.b64encode, data)).decode("ascii")
