"""Chats that tests make up: what any dialect can say, and the parts of it that only some can."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Media,
    MediaKind,
    Message,
    Part,
    Role,
    Text,
    Tool,
    ToolResult,
    ToolUse,
)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = Media(MediaKind.image, mime="image/png", data=PIXEL)
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("weather", "The weather of a city", SCHEMA)

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=20)
names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
arguments = st.dictionaries(names, words | st.integers(-9, 9), max_size=3).map(
    lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
)
texts: SearchStrategy[Text] = words.map(Text)


def said_by_user() -> SearchStrategy[tuple[Part, ...]]:
    return st.lists(texts | st.just(PICTURE), min_size=1, max_size=3).map(tuple)


@st.composite
def tool_rounds(draw: DrawFn, round: int) -> list[Message]:
    """A user's words, the tools a model wants, and what they gave."""
    uses = tuple([ToolUse(f"call_{round}_{i}", draw(names), draw(arguments)) for i in range(draw(st.integers(1, 3)))])
    said: tuple[Part, ...] = (draw(texts),) if draw(st.booleans()) else ()
    results = [Message(Role.tool, (ToolResult(use.id, (draw(texts),)),)) for use in uses]
    return [Message(Role.user, draw(said_by_user())), Message(Role.assistant, (*said, *uses)), *results]


@st.composite
def chats(draw: DrawFn) -> Chat:
    """What every chat dialect of the hub can say without a loss."""
    messages: list[Message] = [Message(Role.system, (draw(texts),))] if draw(st.booleans()) else []
    for round in range(draw(st.integers(0, 2))):
        messages += draw(tool_rounds(round))
    messages.append(Message(Role.user, draw(said_by_user())))
    tools = tuple([Tool(name, draw(words), SCHEMA) for name in draw(st.lists(names, max_size=2, unique=True))])
    choices = st.none() | st.sampled_from([Choosing.auto, Choosing.none, Choosing.required, "weather"])
    return Chat(
        messages=tuple(messages),
        tools=tools,
        tool_choice=draw(choices) if tools else None,
        format=draw(st.none() | st.just(Format(SCHEMA, name="answer", strict=True))),
        max_output=draw(st.integers(1, 9999)),
        temperature=draw(st.none() | st.sampled_from([0, 0.5, 1])),
    )
