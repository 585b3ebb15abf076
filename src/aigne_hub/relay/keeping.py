"""What an answer holds of files is kept here, for a caller who wants them at addresses."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator

import structlog

from aigne_hub.base.errors import HubError
from aigne_hub.dialects.inlined import Inlined, InlineFile
from aigne_hub.files.desk import FileDesk
from aigne_hub.relay.reply import Reply

log = structlog.get_logger()

_PIECE = 4 * 65_536  # characters of base64, whole groups of four


class Keeping:
    """Keeps the files of one call's answer for its caller, who reached the hub at `hub_url`."""

    def __init__(self, files: FileDesk, reply: Reply, *, user_id: int, hub_url: str) -> None:
        self._files = files
        self._reply = reply
        self._user_id = user_id
        self._hub_url = hub_url

    async def keep(self, found: Inlined | None) -> bytes | None:
        """The answer with addresses in it; None when it holds no files.

        What cannot be kept stays in the answer: the provider has been paid for it, and that there is no room is no
        reason to lose it. The caller is told while the head of the answer has not left.
        """
        if found is None:
            return None
        urls = [await self._url(one) for one in found.files]
        if None in urls and not self._reply.has_started:
            self._reply.tell(b"x-hub-dropped", f"{found.field}=approximated")
        return found.with_urls(urls)

    async def _url(self, file: InlineFile) -> str | None:
        try:
            kept = await self._files.keep(self._user_id, _decoded(file.data), media_type=file.mime, name=file.name)
        except HubError as error:
            log.warning("file stays in the answer", code=error.code, error=error.message)
        except binascii.Error:
            log.warning("file stays in the answer", code="no_base64")
        else:
            return kept.url(self._hub_url)
        return None


async def _decoded(data: str) -> AsyncIterator[bytes]:
    for at in range(0, len(data), _PIECE):
        yield base64.b64decode(data[at : at + _PIECE], validate=True)
