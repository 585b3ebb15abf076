"""Pictures at addresses that callers name are fetched here, for providers that take bytes alone.

Whoever may call the hub names these addresses, so they are fetched by a client that reaches no private address,
whatever providers may be at.
"""

from __future__ import annotations

from typing import cast

from msgspec import structs

from aigne_hub.base.errors import BadRequest, Failure, UpstreamFailed
from aigne_hub.catalog.entries import Target
from aigne_hub.dialects.addresses import filled, picture_urls, takes_no_addresses
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.inlined import InlineFile
from aigne_hub.dialects.translate import ServedChat
from aigne_hub.relay.fetching import Fetching

LARGEST = 5 << 20  # bytes of one picture
_MOST = 10
_WORDS = {
    Failure.forbidden_address: "the hub may not go to its address",
    Failure.malformed: "what is there is no picture that models take",
    Failure.oversized: f"it has more than {LARGEST >> 20} MiB",
    Failure.timeout: "it did not come in time",
}


class Filling:
    """Puts pictures into chats. Without `fetching` the hub fetches none: behind a proxy nobody checks where it goes."""

    def __init__(self, fetching: Fetching | None) -> None:
        self._fetching = fetching

    async def filled(self, call: Call, dialect: ServedDialect, target: Target) -> Call:
        """The call as its provider can take it. Raises BadRequest for a picture that cannot be fetched."""
        if call.kind is not Kind.chat or not takes_no_addresses(target.dialects) or not _may_have_addresses(call):
            return call
        chat = call.chat or cast(ServedChat, dialect).read_chat(call)
        urls = picture_urls(chat)
        if not urls:
            return call
        if self._fetching is None:
            raise _refusal("a picture is to be sent by its bytes: this hub fetches none for callers")
        if len(urls) > _MOST:
            raise _refusal(f"at most {_MOST} pictures are fetched for a call: send the others by their bytes")
        files: dict[str, InlineFile] = {}
        for number, (url, found) in enumerate(zip(urls, await self._fetching.fetch_all(urls), strict=True), start=1):
            if isinstance(found, UpstreamFailed):
                raise _refusal(f"picture {number} cannot be fetched: {_WORDS.get(found.kind, 'it is not there')}")
            files[url] = found
        return structs.replace(call, chat=filled(chat, files))


def _may_have_addresses(call: Call) -> bool:
    """A quick look, so that most calls are not read twice; JSON may write a slash as an escape."""
    return call.chat is not None or b"http:" in call.body or b"https:" in call.body or b"\\u" in call.body


def _refusal(words: str) -> BadRequest:
    return BadRequest(words, code="picture_not_fetched", param="messages")
