"""Pictures of a chat that are at addresses live here: found, and put into it by their bytes.

Bedrock's Converse takes bytes alone (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageSource.html).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs

from aigne_hub.dialects.chat import Chat, Media, MediaKind, Part, Text, ToolResult
from aigne_hub.dialects.inlined import InlineFile

_BLIND = frozenset({"bedrock_converse"})
_WEB = ("https://", "http://")


def takes_no_addresses(spoken: tuple[str, ...]) -> bool:
    """Whether a provider that speaks this is to be sent the bytes of pictures."""
    return not _BLIND.isdisjoint(spoken)


def picture_urls(chat: Chat) -> list[str]:
    """The addresses of its pictures, each once."""
    parts = [inner for message in chat.messages for part in message.parts for inner in _inner(part)]
    return list(
        dict.fromkeys([part.url for part in parts if isinstance(part, Media) and part.url and _is_at_web(part)])
    )


def filled(chat: Chat, files: Mapping[str, InlineFile]) -> Chat:
    """The chat with these files in the places of their addresses."""
    messages = [
        structs.replace(message, parts=tuple([_filled(part, files) for part in message.parts]))
        for message in chat.messages
    ]
    return structs.replace(chat, messages=tuple(messages))


def _inner(part: Part) -> tuple[Part, ...]:
    return part.parts if isinstance(part, ToolResult) else (part,)


def _is_at_web(part: Media) -> bool:
    return part.kind is MediaKind.image and part.url is not None and part.url.startswith(_WEB)


def _filled(part: Part, files: Mapping[str, InlineFile]) -> Part:
    if isinstance(part, ToolResult):
        return structs.replace(part, parts=tuple([_put(inner, files) for inner in part.parts]))
    return _put(part, files) if isinstance(part, Media) else part


def _put(part: Text | Media, files: Mapping[str, InlineFile]) -> Text | Media:
    file = files.get(part.url or "") if isinstance(part, Media) and _is_at_web(part) else None
    if file is None:
        return part
    return structs.replace(part, url=None, data=file.data, mime=file.mime)
