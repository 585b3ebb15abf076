"""Which inline files no model takes lives here: programs, archives, and sounds of no known format.

Every dialect has providers beside its maker's, so what one of them takes is let pass. Sources, by dialect:
https://developers.openai.com/api/docs/guides/file-inputs (documents, spreadsheets, presentations and text in any
code), https://openrouter.ai/docs/guides/overview/multimodal/audio (sounds in Chat Completions),
https://ai.google.dev/gemini-api/docs/audio, https://docs.cloud.google.com/gemini-enterprise-agent-platform/reference/rest/v1beta1/MimeType,
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_AudioBlock.html and
https://platform.claude.com/docs/en/build-with-claude/pdf-support.
"""

from __future__ import annotations

import base64
import re

from aigne_hub.dialects.chat import Media, MediaKind

_SOUNDS = frozenset(
    [
        "3gpp",
        "3gp",
        "aac",
        "aiff",
        "alaw",
        "amr",
        "basic",
        "flac",
        "l16",
        "l24",
        "m4a",
        "mka",
        "mkv",
        "mp3",
        "mp4",
        "mpeg",
        "mpga",
        "mulaw",
        "ogg",
        "opus",
        "pcm",
        "pcm16",
        "pcm24",
        "vorbis",
        "wav",
        "wave",
        "webm",
        "x-aac",
        "x-aiff",
        "x-flac",
        "x-m4a",
        "x-wav",
        "vnd.wave",
    ]
)
_NEVER = re.compile(
    r"application/(?:zip|gzip|x-(?:zip\S*|gzip|tar|gtar|7z-compressed|rar\S*|bzip2?|xz|zstd|compress\S*|ms-?dos-executable"
    r"|msdownload|msi|dosexec|executable|elf|mach-binary|sharedlib|apple-diskimage|iso9660-image|java-\S+)"
    r"|zstd|vnd\.rar|vnd\.microsoft\.portable-executable|vnd\.android\.package-archive|vnd\.debian\.binary-package"
    r"|java-archive|wasm)",
    re.IGNORECASE,
)
# How the bytes of such files begin, in base64.
_BEGINNINGS = (
    ("TVqQAA", "a program"),
    ("TVpQAA", "a program"),
    ("TVoAAA", "a program"),
    ("f0VMRg", "a program"),
    ("z/rt/", "a program"),
    ("zvrt/", "a program"),
    ("yv66vg", "a program"),
    ("AGFzbQ", "a program"),
    ("H4sI", "an archive"),
    ("N3q8rycc", "an archive"),
    ("UmFyIRoH", "an archive"),
    ("/Td6WFo", "an archive"),
    ("QlpoOTFBWSZT", "an archive"),
    ("KLUv/", "an archive"),
)
_ZIP = "UEsDB"
_HEAD = 160  # characters in which a zip names the first file within
_OF_DOCUMENTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/", b"mimetype", b"Index/")


def fault(media: Media) -> str | None:
    """Why no model takes this file; None when some may.

    Its first bytes count for more than the type it is said to be of, which may be missing or made up.
    """
    family, _, kind = (media.mime or "").lower().partition("/")
    if media.kind is MediaKind.audio and family == "audio" and kind not in _SOUNDS:
        return f"sounds of the format {kind} are taken by no model: send wav or mp3"
    if media.mime is not None and _NEVER.fullmatch(media.mime):
        return f"files of the type {media.mime} are taken by no model"
    found = None if media.data is None else _found(media.data)
    return None if found is None else f"by its first bytes this is {found}, which no model takes"


def _found(data: str) -> str | None:
    if data.startswith(_ZIP):
        return None if _is_document(data) else "an archive"
    return next((what for beginning, what in _BEGINNINGS if data.startswith(beginning)), None)


def _is_document(data: str) -> bool:
    """Whether a zip is one that offices write: it begins with a file that their documents have."""
    return any(name in base64.b64decode(data[:_HEAD]) for name in _OF_DOCUMENTS)
