"""What a chat asks of a model beyond words lives here: tools, and eyes for pictures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Call, ServedDialect
from aigne_hub.dialects.chat import Chat, Choosing, Media, MediaKind, Part, ToolResult

TOOLS, VISION = "tools", "vision"

# Without one of these names in its body a chat of any dialect asks for no such thing.
_MARKS = {
    TOOLS: (b'"tools"', b'"functions"'),
    VISION: (
        b'"image_url"', b'"imageUrl"', b'"input_image"', b'"image"',
        b'"inlineData"', b'"inline_data"', b'"fileData"', b'"file_data"',
    ),
}  # fmt: skip


@runtime_checkable
class ReadsChat(Protocol):
    def read_chat(self, call: Call) -> Chat: ...


def needed(call: Call, dialect: ServedDialect, of: frozenset[str]) -> str | None:
    """The first of the abilities `of` that a call needs; None when it needs none, or that is not to be known.

    A name in the body may be the caller's own, such as a tool's parameter, so the body is read whole before anything
    is said of it: only for models that lack something, and only when a name is there.
    """
    marked = [one for one in of if one in _MARKS and (call.chat is not None or _is_marked(call.body, one))]
    if not marked or not isinstance(dialect, ReadsChat):
        return None
    try:
        chat = dialect.read_chat(call)
    except BadRequest:
        return None  # of a dialect's own things the hub knows not all: the provider may
    if TOOLS in marked and chat.tools and chat.tool_choice is not Choosing.none:
        return TOOLS
    if VISION in marked and any(_has_picture(message.parts) for message in chat.messages):
        return VISION
    return None


def _is_marked(body: bytes, ability: str) -> bool:
    return any(mark in body for mark in _MARKS[ability])


def _has_picture(parts: Iterable[Part]) -> bool:
    return any(
        (isinstance(part, Media) and part.kind is MediaKind.image)
        or (isinstance(part, ToolResult) and _has_picture(part.parts))
        for part in parts
    )
