"""Files within answers live here: what came in base64 and is wanted at an address, and the other way round.

A dialect only says where they are and how the answer reads otherwise; keeping and fetching is the relay's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from aigne_hub.dialects import media
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.call import Call

_MOST = 16

_read = msgspec.json.Decoder(dict[str, Any]).decode
_write = msgspec.json.Encoder().encode

Urls = Sequence[str | None]


class InlineFile(Struct, frozen=True):
    """A file's bytes in base64, its media type, and a name for it."""

    data: str
    mime: str
    name: str

    def __repr__(self) -> str:
        return f"InlineFile({self.mime}, {self.name}, {len(self.data)} characters)"


class Inlined(Struct, frozen=True):
    """The files of an answer, and the answer with addresses in their places; None leaves a file where it is.

    `field` is the one by which the caller asked for addresses.
    """

    files: tuple[InlineFile, ...]
    with_urls: Callable[[Urls], bytes]
    field: str = "response_format"


@runtime_checkable
class Unpacking(Protocol):
    """A carrier whose whole answers may hold files; asked only for a call that wants addresses."""

    def unpack(self, answer: bytes, call: Call) -> Inlined | None: ...


class Linked(Struct, frozen=True):
    """The addresses of an answer, and the answer with files in their places; None leaves an address where it is.

    `field` is the one by which the caller asked for the bytes.
    """

    urls: tuple[str, ...]
    with_files: Callable[[Sequence[InlineFile | None]], bytes]
    field: str = "response_format"


@runtime_checkable
class Linking(Protocol):
    """A carrier whose answers may hold addresses; asked only for a call that wants the bytes."""

    def linked(self, answer: bytes, call: Call) -> Linked | None: ...


@runtime_checkable
class UnpackingStream(Protocol):
    """A stream that keeps its files to its end."""

    def unpack(self) -> Inlined | None:
        """What came of files, once the provider's answer has ended; `finish` comes after. Raises as it does."""
        ...


def pictures(answer: bytes) -> Inlined | None:
    """The pictures of an answer in OpenAI's format (`data[].b64_json`); None when there are none."""
    try:
        made = _read(answer)
    except UNREADABLE:
        return None
    listed = made.get("data")
    data = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    inline = [one for one in data if isinstance(one.get("b64_json"), str)][:_MOST]
    if not inline:
        return None
    said = made.get("output_format")
    files = tuple([_picture(one["b64_json"], said, i) for i, one in enumerate(inline)])

    def with_urls(urls: Urls) -> bytes:
        for one, url in zip(inline, urls, strict=True):
            if url is not None:
                del one["b64_json"]
                one["url"] = url
        made.setdefault("output_format", files[0].mime.rpartition("/")[2])
        return _write(made)

    return Inlined(files, with_urls)


def _picture(data: str, said: Any, number: int) -> InlineFile:
    mime = media.sniffed(data) or f"image/{said if isinstance(said, str) else 'png'}"
    return InlineFile(data, mime, f"{number}.{mime.rpartition('/')[2]}")
