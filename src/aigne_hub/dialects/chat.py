"""A chat in the middle lives here: what every chat dialect reads a request, an answer and a stream into.

A dialect that lacks a field leaves it None, "not said"; zero, false and empty are things said. Whatever a
request says that has no place here is named in `Chat.unknown`, and what an answer says in `Answer.unknown`, so that no
loss is silent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from aigne_hub.dialects.usage import Usage


class Role(StrEnum):
    system = "system"
    developer = "developer"
    user = "user"
    assistant = "assistant"
    tool = "tool"


class Seal(Struct, frozen=True):
    """What a provider lets nobody but itself read or change: a signature, or an encrypted item.

    `of` is the dialect that made it, the only one that takes it back; `id` the item's id there, if it has one.
    """

    of: str
    value: str
    id: str | None = None


class Citation(Struct, frozen=True):
    """Where a text is from. `start` and `end` count characters of the text that cites, end exclusive."""

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class Text(Struct, frozen=True):
    """`cache` marks the end of what the provider should keep in its prompt cache: "5m", "30m", "1h" or "12h"."""

    text: str
    cache: str | None = None
    citations: tuple[Citation, ...] = ()
    seal: Seal | None = None


class MediaKind(StrEnum):
    image = "image"
    audio = "audio"
    video = "video"
    file = "file"


class Media(Struct, frozen=True):
    """An image, a sound, a film or a document: `data` in base64, or a `url`, or a provider's `file_id`."""

    kind: MediaKind
    mime: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    name: str | None = None
    detail: str | None = None
    cache: str | None = None


class Thinking(Struct, frozen=True):
    """What a model thought before it answered; `seal` proves it to the provider in the next turn."""

    text: str
    seal: Seal | None = None


class ToolUse(Struct, frozen=True):
    """A tool that the model wants called; `arguments` is the JSON text of an object."""

    id: str
    name: str
    arguments: str
    seal: Seal | None = None
    cache: str | None = None


class ToolResult(Struct, frozen=True):
    id: str
    parts: tuple[Text | Media, ...]
    is_error: bool = False
    name: str | None = None
    cache: str | None = None


class Refusal(Struct, frozen=True):
    text: str


Part = Text | Media | Thinking | ToolUse | ToolResult | Refusal


class Message(Struct, frozen=True):
    """A `tool` message has one ToolResult; only an `assistant` has Thinking, ToolUse and Refusal."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None


class Tool(Struct, frozen=True):
    """A function that the caller offers; `schema` is a JSON schema of its arguments."""

    name: str
    description: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None
    cache: str | None = None


class Choosing(StrEnum):
    auto = "auto"
    none = "none"
    required = "required"


class Format(Struct, frozen=True):
    """Structured output: any JSON object, or one of a schema."""

    schema: dict[str, Any] | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None


class Reasoning(Struct, frozen=True):
    """How much to think: an `effort` word, or a `budget` in tokens. Effort "none" is thinking switched off."""

    effort: str | None = None
    budget: int | None = None
    summary: str | None = None


class Chat(Struct, frozen=True):
    """A request. Token limits count tokens, penalties are as OpenAI defines them."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: Choosing | str | None = None  # a plain str is the name of the tool that must be called
    parallel_tools: bool | None = None
    format: Format | None = None
    reasoning: Reasoning | None = None
    max_output: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logprobs: int | None = None  # how many alternatives at each place; 0 is the chosen token alone
    logit_bias: dict[str, float] | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    tier: str | None = None
    verbosity: str | None = None
    cache_key: str | None = None
    auto_cache: str | None = None  # "5m" or "1h": the provider shall keep in its cache what it can by itself
    unknown: tuple[str, ...] = ()


class Finish(StrEnum):
    """Why an answer ended."""

    stop = "stop"
    length = "length"
    tools = "tools"
    filter = "filter"
    refusal = "refusal"
    stop_sequence = "stop_sequence"
    pause = "pause"


class Candidate(Struct, frozen=True):
    """One answer of those asked for; `logprobs` is OpenAI's object, the only one there is."""

    parts: tuple[Part, ...]
    finish: Finish | None = None
    stop_sequence: str | None = None
    logprobs: dict[str, Any] | None = None


class Answer(Struct, frozen=True):
    """`unknown` names what the provider said that has no place here, by its own name for it."""

    id: str | None
    model: str | None
    candidates: tuple[Candidate, ...]
    usage: Usage | None = None
    created_s: int | None = None
    tier: str | None = None
    unknown: tuple[str, ...] = ()


# A stream: what is added to an answer, in order. A piece goes to the candidate of its `choice`.


class Started(Struct, frozen=True):
    """The answer begins; said once, first."""

    id: str | None = None
    model: str | None = None


class TextPiece(Struct, frozen=True):
    """`logprobs` are of its tokens (logprobs.py); a piece may have them and no text, when a character is not whole."""

    text: str
    choice: int = 0
    logprobs: tuple[dict[str, Any], ...] = ()


class RefusalPiece(Struct, frozen=True):
    text: str
    choice: int = 0


class ThinkingPiece(Struct, frozen=True):
    text: str
    choice: int = 0


class ThinkingSealed(Struct, frozen=True):
    """The thinking up to here is whole, and this is its seal; without text before it, a sealed thought alone."""

    seal: Seal
    choice: int = 0


class ToolStarted(Struct, frozen=True):
    """A tool use begins; `index` counts the tool uses of the candidate."""

    index: int
    id: str
    name: str
    seal: Seal | None = None
    choice: int = 0


class ArgumentsPiece(Struct, frozen=True):
    index: int
    json: str
    choice: int = 0


class Cited(Struct, frozen=True):
    """The text up to here cites this."""

    citation: Citation
    choice: int = 0


class MediaMade(Struct, frozen=True):
    media: Media
    choice: int = 0


class Unknown(Struct, frozen=True):
    """The provider said something that has no place here; `thing` is its own name for it."""

    thing: str
    choice: int = 0


class Ended(Struct, frozen=True):
    finish: Finish
    stop_sequence: str | None = None
    choice: int = 0


class Used(Struct, frozen=True):
    """What was used up to here; a later one replaces it."""

    usage: Usage


Event = (
    Started
    | TextPiece
    | RefusalPiece
    | ThinkingPiece
    | ThinkingSealed
    | ToolStarted
    | ArgumentsPiece
    | Cited
    | MediaMade
    | Unknown
    | Ended
    | Used
)
