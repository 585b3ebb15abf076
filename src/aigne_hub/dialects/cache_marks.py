"""Marks of what a provider shall keep in its prompt cache live here: how long it is kept, and how formats say so.

Sources: https://platform.claude.com/docs/en/build-with-claude/prompt-caching (`cache_control`: 5m or 1h, four marks at
most) and https://developers.openai.com/api/docs/guides/prompt-caching (`prompt_cache_breakpoint`: 30m at least or 12h,
from GPT-5.6 on; of more than four the last are written).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import structs

from aigne_hub.dialects.chat import Chat, Media, Part, Text, Tool, ToolResult, ToolUse
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.fields import Fields

FIELD = "cache_control"  # how a mark that could not be carried is named, whatever the caller called it
MOST_MARKS = 4

_OPENAI_LIVES = ("30m", "12h")
_GPT = re.compile(r"gpt-(\d)(?:\.(\d+))?(?!\d)")

# Writes a mark that lives so long, as a member of what it marks.
Marker = Callable[[str, Losses], dict[str, Any]]
_Marked = TypeVar("_Marked", bound=Text | Media | ToolUse | ToolResult | Tool)


def read_control(f: Fields, name: str = "cache_control") -> str | None:
    """The life of Anthropic's mark, which many others took over; five minutes when it does not say."""
    mark = f.object(name)
    return None if mark is None else ("1h" if mark.get("ttl") == "1h" else "5m")


def read_breakpoint(f: Fields, usual: str) -> str | None:
    """The life of OpenAI's mark; `usual` when it does not say."""
    mark = f.object("prompt_cache_breakpoint")
    return None if mark is None else _openai_life(mark.get("ttl"), usual)


def read_options(f: Fields, unknown: list[str]) -> str:
    """The life of OpenAI's marks that do not say, from what the request says of all; adds what has no place."""
    options = f.fields("prompt_cache_options")
    if options is None:
        return _OPENAI_LIVES[0]
    life = _openai_life(options.text("ttl"), _OPENAI_LIVES[0])
    if options.text("mode") == "explicit":
        unknown.append("prompt_cache_options.mode")
    unknown += [f"prompt_cache_options.{name}" for name in options.rest()]
    return life


def ttl(life: str, losses: Losses) -> dict[str, str]:
    """The life of a mark as Anthropic and Bedrock write it: an hour for all that is longer than five minutes."""
    if life not in ("5m", "1h"):
        losses.approximated(FIELD)
    return {} if life == "5m" else {"ttl": "1h"}


def marker(quirks: frozenset[str], model: str) -> Marker | None:
    """How marks in Chat Completions are written for a provider with these quirks; None when it takes none."""
    if "cache_control" in quirks:
        return _control if "cache_hour" in quirks else _short_control
    return breakpoint_marker(quirks, model)


def breakpoint_marker(quirks: frozenset[str], model: str) -> Marker | None:
    """How marks in OpenAI's own words are written; None for a model that takes none."""
    version = _GPT.search(model)
    if "cache_breakpoint" not in quirks or version is None:
        return None
    return _breakpoint if (int(version[1]), int(version[2] or 0)) >= (5, 6) else None


def mark_of(part: Part | Tool) -> str | None:
    """The life of the mark on a part, or of the last one inside a tool's result."""
    if isinstance(part, ToolResult) and part.cache is None:
        return next((one.cache for one in reversed(part.parts) if one.cache is not None), None)
    return part.cache if isinstance(part, (Text, Media, ToolUse, ToolResult, Tool)) else None


def marked_result(result: ToolResult) -> ToolResult:
    """The result with the marks inside it as one at its end."""
    if mark_of(result) is None:
        return result
    return structs.replace(result, parts=tuple([_unmarked(part) for part in result.parts]), cache=mark_of(result))


def latest(chat: Chat, losses: Losses) -> Chat:
    """The chat without its first marks, where it has more than a provider takes."""
    free = MOST_MARKS - (chat.auto_cache is not None)
    parts = [part for message in chat.messages for part in message.parts]
    extra = sum(mark_of(one) is not None for one in (*chat.tools, *parts)) - free
    if extra <= 0:
        return chat
    losses.approximated(FIELD)

    def kept(one: Any) -> Any:
        nonlocal extra
        if mark_of(one) is None or extra <= 0:
            return one
        extra -= 1
        return _unmarked(marked_result(one) if isinstance(one, ToolResult) else one)

    tools = tuple([kept(tool) for tool in chat.tools])
    messages = [structs.replace(one, parts=tuple([kept(part) for part in one.parts])) for one in chat.messages]
    return structs.replace(chat, tools=tools, messages=tuple(messages))


def _unmarked(one: _Marked) -> _Marked:
    return structs.replace(one, cache=None)


def _openai_life(said: Any, usual: str) -> str:
    return said if said in _OPENAI_LIVES else usual


def _control(life: str, losses: Losses) -> dict[str, Any]:
    return {"cache_control": {"type": "ephemeral", **ttl(life, losses)}}


def _short_control(life: str, losses: Losses) -> dict[str, Any]:
    if life != "5m":
        losses.approximated(FIELD)
    return {"cache_control": {"type": "ephemeral"}}


def _breakpoint(life: str, losses: Losses) -> dict[str, Any]:
    """Half an hour needs no word, and is what an hour comes to: the next longer life is half a day."""
    if life not in _OPENAI_LIVES:
        losses.approximated(FIELD)
    return {"prompt_cache_breakpoint": {"mode": "explicit", **({"ttl": life} if life == "12h" else {})}}
