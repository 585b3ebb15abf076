"""What an operator's route looks at in a call lives here, and whether a call meets a condition."""

from __future__ import annotations

from msgspec import Struct

from aigne_hub.access.identity import Caller, Means
from aigne_hub.catalog.entries import Condition, Route
from aigne_hub.dialects.call import Call, Kind, ServedDialect
from aigne_hub.dialects.needs import TOOLS, needed

# What is shorter than this is in no provider's cache of prompts: they begin at about 1,024 tokens. And a beginning has
# to be one that the next turn of the conversation still has.
BEGINNING = 4096
_PLACES = (b'"system"', b'"messages"', b'"input"', b'"contents"', b'"instructions"', b'"systemInstruction"')
_TOOLS = frozenset({TOOLS})
_LONGEST_TAGS = 1000  # bytes of the header


class Ask(Struct, frozen=True):
    """A call, as far as routes differ by it. `beginning` is a hash of whose call it is and how its prompt begins."""

    is_stream: bool = False
    has_tools: bool = False
    size: int = 0
    key_id: str | None = None
    tags: frozenset[str] = frozenset()
    beginning: int | None = None
    counts_running: bool = False  # whether a strategy looks at what runs


def ask_of(route: Route, caller: Caller, call: Call, dialect: ServedDialect, tags: bytes) -> Ask | None:
    """None when no operator made the route: then nobody looks. `tags` are as the header x-hub-tags has them."""
    if not route.tiers:
        return None
    return look(route, call, dialect, tags, means_id=caller.means_id, is_key=caller.means is Means.key)


def look(
    route: Route, call: Call, dialect: ServedDialect, tags: bytes, *, means_id: int | None, is_key: bool
) -> Ask:  # fmt: skip
    """A call as a route looks at it; `means_id` is what its caller showed."""
    return Ask(
        is_stream=call.is_stream,
        has_tools=route.asks_for_tools and call.kind is Kind.chat and needed(call, dialect, _TOOLS) is not None,
        size=len(call.body),
        key_id=str(means_id) if is_key else None,
        tags=tags_of(tags) if tags else frozenset(),
        beginning=beginning_of(means_id, call.model, call.body) if any(t.is_sticky for t in route.tiers) else None,
        counts_running=route.counts_running,
    )


def beginning_of(means_id: int | None, model: str, body: bytes) -> int | None:
    """None when the prompt is so short that it is warm nowhere.

    The hash is good in this process alone. Fields before the prompt may change from turn to turn; what is said first
    does not.
    """
    at = min([place for mark in _PLACES if (place := body.find(mark)) >= 0], default=-1)
    if at < 0 or len(body) - at < BEGINNING:
        return None
    return hash((means_id, model, body[at : at + BEGINNING]))


def tags_of(header: bytes) -> frozenset[str]:
    words = header[:_LONGEST_TAGS].decode("latin-1").split(",")
    return frozenset(filter(None, map(str.strip, words)))


def unmet(conditions: tuple[Condition, ...], ask: Ask) -> str | None:
    """What of some conditions a call does not meet, in words; None when it meets all."""
    for one in conditions:
        if one.stream is not None and one.stream is not ask.is_stream:
            return "it is for streams" if one.stream else "it is for whole answers"
        if one.tools is not None and one.tools is not ask.has_tools:
            return "it is for calls with tools" if one.tools else "it is for calls without tools"
        if one.min_bytes is not None and ask.size < one.min_bytes:
            return f"it is for calls of at least {one.min_bytes} bytes"
        if one.max_bytes is not None and ask.size > one.max_bytes:
            return f"it is for calls of at most {one.max_bytes} bytes"
        if one.keys is not None and ask.key_id not in one.keys:
            return "it is for other keys"
        if one.tags is not None and ask.tags.isdisjoint(one.tags):
            return f"it is for calls with a tag of {', '.join(one.tags)}"
    return None
