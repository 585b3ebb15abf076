"""Counts of tokens live here: what of a chat counts, how two dialects ask for it, and an estimate where none can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec
from msgspec import Struct, structs

from aigne_hub.base.errors import Failure, UpstreamFailed
from aigne_hub.dialects.bodies import UNREADABLE
from aigne_hub.dialects.call import Call, ServedDialect
from aigne_hub.dialects.chat import Chat, Media, MediaKind, Part, Refusal, Text, Thinking, ToolResult, ToolUse
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.usage import Usage
from aigne_hub.dialects.words import Words

ESTIMATED = "input_tokens"  # how `x-hub-dropped` names a count that is the hub's own estimate
NOTHING_USED = Usage(0, 0)  # what a count costs

_write = msgspec.json.Encoder().encode

# What is no text, roughly as today's models count it.
_PER_MESSAGE = 4  # its role and its ends
_PER_IMAGE = (
    1600  # the most that Anthropic counts for one (https://platform.claude.com/docs/en/build-with-claude/vision)
)
_BYTES_PER_TOKEN = {MediaKind.file: 25, MediaKind.audio: 500, MediaKind.video: 2000}  # of a PDF page, of 32 a second
_TEXT_BYTES_PER_TOKEN = 4
_UNSEEN = 1000  # a file that only the provider can fetch


class CountCarrier(Protocol):
    """How one count is carried: a dialect with itself on both sides, or two."""

    def path(self, call: Call, model: str) -> bytes: ...

    def write_request(self, call: Call, model: str) -> bytes: ...

    def pass_count(self, answer: bytes) -> bytes:
        """What the caller gets of the provider's answer. Raises UpstreamFailed when that is no count."""
        ...


class ServedCount(ServedDialect, CountCarrier, Protocol):
    """A dialect's count as a door serves it, and as a provider of the same dialect is asked for it."""

    def read_chat(self, call: Call) -> Chat:
        """Raises BadRequest that names the place where the body is wrong."""
        ...

    def show_count(self, tokens: int) -> bytes: ...


class CalledCount(Protocol):
    """A dialect's count as a provider is asked for it on behalf of another's."""

    name: str

    def path(self, call: Call, model: str) -> bytes: ...

    def write_count(self, chat: Chat, call: Call, model: str, losses: Losses, quirks: frozenset[str]) -> bytes: ...

    def read_count(self, answer: bytes) -> int:
        """Raises UpstreamFailed when the answer is no count."""
        ...


class CountTranslation:
    """A count in the words of one dialect that a provider of another makes."""

    def __init__(self, served: ServedCount, called: CalledCount, losses: Losses, quirks: frozenset[str]) -> None:
        self._served = served
        self._called = called
        self._losses = losses
        self._quirks = quirks

    def path(self, call: Call, model: str) -> bytes:
        return self._called.path(call, model)

    def write_request(self, call: Call, model: str) -> bytes:
        chat = _counted(self._served.read_chat(call))
        return self._called.write_count(chat, call, model, self._losses, self._quirks)

    def pass_count(self, answer: bytes) -> bytes:
        return self._served.show_count(self._called.read_count(answer))


class CountWay(Struct, frozen=True):
    """How one count reaches its provider, as a chat does (pairing.py); without a carrier it must be estimated."""

    carrier: CountCarrier | None
    upstream: str
    losses: Losses
    is_same: bool


def asked(chat: Chat) -> Words:
    """What of a chat goes into a model, for an estimate."""
    return Words.of(_things(chat))


def read_number(answer: bytes, shape: type[Struct], name: str) -> int:
    """The count in a provider's answer. Raises UpstreamFailed."""
    try:
        number = getattr(msgspec.json.decode(answer, type=shape), name)
    except UNREADABLE as error:
        raise UpstreamFailed(Failure.malformed, "the provider's answer is not a count of tokens") from error
    assert isinstance(number, int)
    return number


def _counted(chat: Chat) -> Chat:
    """What of a chat goes into a model: how it is to be answered does not."""
    return structs.replace(
        Chat(chat.messages), tools=chat.tools, tool_choice=chat.tool_choice, format=chat.format, unknown=chat.unknown
    )


def _things(chat: Chat) -> Iterator[str | float]:
    """Texts, and the tokens of what is none."""
    for message in chat.messages:
        yield _PER_MESSAGE
        for part in message.parts:
            yield from _of_part(part)
    for tool in chat.tools:
        yield from (_PER_MESSAGE, tool.name, tool.description or "")
        if tool.schema is not None:
            yield _write(tool.schema).decode()
    if chat.format is not None and chat.format.schema is not None:
        yield _write(chat.format.schema).decode()


def _of_part(part: Part) -> Iterator[str | float]:
    match part:
        case Text(text=text) | Thinking(text=text) | Refusal(text=text):
            yield text
        case ToolUse():
            yield from (_PER_MESSAGE, part.name, part.arguments)
        case ToolResult():
            yield _PER_MESSAGE
            for one in part.parts:
                yield from _of_part(one)
        case Media():
            yield _of_media(part)


def _of_media(media: Media) -> float:
    if media.kind is MediaKind.image:
        return _PER_IMAGE
    if media.data is None:
        return _UNSEEN
    size = len(media.data) * 3 // 4
    if media.mime is not None and media.mime.startswith("text/"):
        return size / _TEXT_BYTES_PER_TOKEN
    return size / _BYTES_PER_TOKEN[media.kind]
