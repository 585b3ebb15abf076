"""What a kept file is called and served as lives here: nothing that a browser would run."""

from __future__ import annotations

import re

# What a browser may show at the hub's own address, and the ending of such a file. SVG, HTML and PDF can hold scripts.
SHOWN = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/flac": ".flac",
    "audio/aac": ".aac",
    "audio/mp4": ".m4a",
}
UNKNOWN = "application/octet-stream"
_OTHER_ENDINGS = {".jpg": (".jpeg",), ".mov": (".qt",)}
_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,59}", re.ASCII)
_STRANGE = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
_LONGEST = 80


def plain_type(media_type: str | None) -> str:
    """A media type without its parameters, in lower case; UNKNOWN for what is none."""
    said = (media_type or "").partition(";")[0].strip().lower()
    return said if _TYPE.fullmatch(said) else UNKNOWN


def served_type(media_type: str) -> str:
    return media_type if media_type in SHOWN else UNKNOWN


def plain_name(name: str, media_type: str) -> str:
    """A name that may stand in an address, a header and a folder, with the ending of its type."""
    plain = _STRANGE.sub("_", name)[-_LONGEST:].lstrip("._-") or "file"
    ending = SHOWN.get(media_type, "")
    if plain.lower().endswith((ending, *_OTHER_ENDINGS.get(ending, ()))):
        return plain
    return plain + ending
