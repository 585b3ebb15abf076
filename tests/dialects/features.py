"""What a chat can ask for, one thing at a time: a request for each feature, in the middle's words."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Media,
    MediaKind,
    Message,
    Part,
    Reasoning,
    Role,
    Seal,
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from tests.dialects.chats import PICTURE, SCHEMA, WEATHER

HI = Message(Role.user, (Text("hi"),))
PLAIN = Chat((HI,), max_output=100)
USE = ToolUse("call_1", "weather", '{"city":"Paris"}')


def said(*parts: Part) -> Chat:
    return replace(PLAIN, messages=(Message(Role.user, parts),))


def round_of(use: ToolUse = USE, *before: Part, result: ToolResult | None = None) -> Chat:
    """A tool round; `before` is what the model said and thought before it wanted the tool."""
    got = result or ToolResult("call_1", (Text("sunny"),))
    messages = (HI, Message(Role.assistant, (*before, use)), Message(Role.tool, (got,)))
    return replace(PLAIN, messages=messages, tools=(WEATHER,))


# Each takes the name of the provider's dialect: only its own seals reach it.
FEATURES: dict[str, Callable[[str], Chat]] = {
    "text": lambda _: PLAIN,
    "system message": lambda _: replace(PLAIN, messages=(Message(Role.system, (Text("be kind"),)), HI)),
    "image in a system message": lambda _: replace(
        PLAIN, messages=(Message(Role.system, (Text("as here"), PICTURE)), HI)
    ),
    "image, inline": lambda _: said(Text("look"), PICTURE),
    "image, by address": lambda _: said(Media(MediaKind.image, url="https://example.com/a.png")),
    "sound, inline": lambda _: said(Media(MediaKind.audio, mime="audio/wav", data="aGk=")),
    "document, inline": lambda _: said(Media(MediaKind.file, mime="application/pdf", data="aGk=", name="a.pdf")),
    "document, by address": lambda _: said(Media(MediaKind.file, url="https://example.com/a.pdf")),
    "film, by address": lambda _: said(Media(MediaKind.video, url="https://example.com/a.mp4")),
    "name of a speaker": lambda _: replace(PLAIN, messages=(Message(Role.user, (Text("hi"),), "Ann"),)),
    "tools": lambda _: replace(PLAIN, tools=(WEATHER,)),
    "strict tools": lambda _: replace(PLAIN, tools=(Tool("f", "d", SCHEMA, True),)),
    "tool choice: any": lambda _: replace(PLAIN, tools=(WEATHER,), tool_choice=Choosing.required),
    "tool choice: none": lambda _: replace(PLAIN, tools=(WEATHER,), tool_choice=Choosing.none),
    "tool choice: one": lambda _: replace(PLAIN, tools=(WEATHER,), tool_choice="weather"),
    "one tool at a time": lambda _: replace(PLAIN, tools=(WEATHER,), tool_choice=Choosing.auto, parallel_tools=False),
    "tool round": lambda _: round_of(),
    "tool result that failed": lambda _: round_of(result=ToolResult("call_1", (Text("no"),), is_error=True)),
    "tool result with a picture": lambda _: round_of(result=ToolResult("call_1", (Text("see"), PICTURE))),
    "thoughts of the provider's own": lambda to: round_of(USE, Thinking("hm", Seal(to, "c2VhbA=="))),
    "thoughts of another provider": lambda _: round_of(USE, Thinking("hm", Seal("elsewhere", "c2VhbA=="))),
    "effort": lambda _: replace(PLAIN, reasoning=Reasoning(effort="high")),
    "budget of thoughts": lambda _: replace(PLAIN, reasoning=Reasoning(budget=2048), max_output=9000),
    "no thoughts": lambda _: replace(PLAIN, reasoning=Reasoning(effort="none")),
    "any JSON object": lambda _: replace(PLAIN, format=Format()),
    "JSON by schema": lambda _: replace(PLAIN, format=Format(SCHEMA, "answer", strict=True)),
    "temperature": lambda _: replace(PLAIN, temperature=0.5),
    "temperature above 1": lambda _: replace(PLAIN, temperature=1.5),
    "top_p": lambda _: replace(PLAIN, top_p=0.5),
    "top_k": lambda _: replace(PLAIN, top_k=5),
    "stop words": lambda _: replace(PLAIN, stop=("END",)),
    "seed": lambda _: replace(PLAIN, seed=7),
    "several answers": lambda _: replace(PLAIN, n=2),
    "presence penalty": lambda _: replace(PLAIN, presence_penalty=0.5),
    "frequency penalty": lambda _: replace(PLAIN, frequency_penalty=0.5),
    "logprobs": lambda _: replace(PLAIN, logprobs=2),
    "logit bias": lambda _: replace(PLAIN, logit_bias={"50256": -100}),
    "user": lambda _: replace(PLAIN, user="u-1"),
    "metadata": lambda _: replace(PLAIN, metadata={"team": "blue"}),
    "service tier": lambda _: replace(PLAIN, tier="auto"),
    "verbosity": lambda _: replace(PLAIN, verbosity="low"),
    "prompt cache key": lambda _: replace(PLAIN, cache_key="k"),
    "cache marks for 5 minutes": lambda _: said(Text("long", cache="5m"), Text("hi")),
    "cache marks for half an hour": lambda _: said(Text("long", cache="30m"), Text("hi")),
    "cache marks for an hour": lambda _: said(Text("long", cache="1h"), Text("hi")),
    "cache mark on a tool result": lambda _: round_of(result=ToolResult("call_1", (Text("sunny"),), cache="1h")),
    "cache mark on a tool": lambda _: replace(PLAIN, tools=(replace(WEATHER, cache="1h"),)),
}
