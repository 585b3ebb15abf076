"""Inline files live here: what a data URL says, and whether its bytes are base64 of a kind that models take."""

from __future__ import annotations

import base64
import re

from aigne_hub.dialects import media_types
from aigne_hub.dialects.chat import Media, MediaKind
from aigne_hub.dialects.fields import wrong

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[^;,]*)*)(;base64)?,", re.ASCII)
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_PIECE = 1 << 17  # what a core keeps at hand: twice as quick as by the MiB

IMAGE_KINDS = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif"})
_AUDIO = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "opus": "audio/opus", "pcm16": "audio/pcm"}
_AUDIO_FORMATS = {**{mime: name for name, mime in _AUDIO.items()}, "audio/mp3": "mp3", "audio/x-wav": "wav"}


def image_of(url: str, place: str, *, detail: str | None = None, cache: str | None = None) -> Media:
    """An image by its address, or by its bytes in a data URL."""
    media = media_of(url, MediaKind.image, place)
    return Media(
        MediaKind.image, mime=media.mime, data=media.data, url=media.url, detail=detail, cache=cache
    )  # fmt: skip


def media_of(url: str, kind: MediaKind, place: str, *, name: str | None = None) -> Media:
    """What `url` leads to or holds. Raises BadRequest for another scheme, and as `checked` does."""
    if url.startswith("data:"):
        head = _DATA_URL.match(url)
        if head is None or not head[3]:
            raise wrong(place, "a data URL has the form data:TYPE;base64,DATA")
        return checked(Media(kind, mime=(head[1] or "").lower() or None, data=url[head.end() :], name=name), place)
    if not url.startswith(("https://", "http://", "gs://", "s3://")):
        raise wrong(place, "an http or https address, or a data URL, is expected here")
    return Media(kind, url=url, name=name)


def checked(media: Media, place: str) -> Media:
    """The media, when its bytes are base64 and some model takes its type. Raises BadRequest."""
    if media.mime is not None and not _MIME.fullmatch(media.mime):
        raise wrong(place, "the media type is not one, such as image/png")
    if media.data is not None and not is_base64(media.data):
        raise wrong(place, "the data is not base64")
    if media.kind is MediaKind.image and media.data is not None and media.mime not in IMAGE_KINDS:
        raise wrong(place, f"images are {', '.join(sorted(IMAGE_KINDS))}, not {media.mime or 'of an unnamed type'}")
    if (fault := media_types.fault(media)) is not None:
        raise wrong(place, fault)
    return media


def is_base64(data: str) -> bool:
    """Whether `data` is base64 with its padding (RFC 4648 section 4), without decoding it."""
    if not data or len(data) % 4 or not data.isascii():
        return False
    end = len(data) - (2 if data.endswith("==") else 1 if data.endswith("=") else 0)
    pieces = range(0, end, _PIECE)
    return all(not data[at : min(at + _PIECE, end)].encode().translate(None, _ALPHABET) for at in pieces)


def data_url(media: Media) -> str:
    return f"data:{media.mime or 'application/octet-stream'};base64,{media.data}"


def audio_type(name: str) -> str:
    """The media type of a format by OpenAI's name for it: "mp3" is audio/mpeg."""
    return _AUDIO.get(name, f"audio/{name}")


def audio_format(mime: str | None) -> str:
    """The format's name as OpenAI spells it."""
    return _AUDIO_FORMATS.get(mime or "", (mime or "audio/wav").rpartition("/")[2])


def text_of(data: str) -> str:
    """The text of a file in base64; bytes that are no UTF-8 are replaced."""
    return base64.b64decode(data).decode("utf-8", "replace")


_BEGINNINGS = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
    ("JVBERi0", "application/pdf"),
)


def sniffed(data: str) -> str | None:
    """The media type by how base64 data begins; None when it begins as nothing known."""
    return next((mime for beginning, mime in _BEGINNINGS if data.startswith(beginning)), None)


def kind_of(mime: str | None) -> MediaKind:
    """What a media type is; a file when it is none of the rest."""
    family = (mime or "").partition("/")[0]
    return MediaKind(family) if family in ("image", "audio", "video") else MediaKind.file
