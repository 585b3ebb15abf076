"""What a dialect writes it reads again as the same: answers, streams, and whatever a request asks for at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from msgspec.structs import replace

from aigne_hub.dialects.call import Call, Kind, Label
from aigne_hub.dialects.chat import (
    Answer,
    ArgumentsPiece,
    Candidate,
    Chat,
    Choosing,
    Ended,
    Event,
    Finish,
    Format,
    Part,
    Reasoning,
    Seal,
    Started,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ThinkingSealed,
    Tool,
    ToolStarted,
    ToolUse,
    Used,
)
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.pairing import CHATS
from aigne_hub.dialects.usage import Usage
from tests.dialects.chats import SCHEMA, WEATHER, arguments, chats, names, words
from tests.dialects.fidelity_page import CALLERS, NATIVE, read, same, written

BOTH_WAYS = [name for name in CALLERS if name != NATIVE]
ASKED = Call(Kind.chat, "up/m", b'{"model":"up/m","input":"hi"}', wants_usage=True)
LABEL = Label(7, 1760000000, "up/m")
counts = st.integers(0, 10**6)


@st.composite
def answers(draw: DrawFn, dialect: str, *, thinks: bool) -> Answer:
    """What a model of the dialect may say: sealed thoughts of its own, words, tool uses, and what they cost."""
    seal = Seal(dialect, "c2VhbGVk", "rs_7" if dialect == "openai_responses" else None)
    thoughts: list[Part] = [Thinking(draw(words), seal)] if thinks and draw(st.booleans()) else []
    texts: list[Part] = [Text(draw(words))] if draw(st.booleans()) else []
    uses: list[Part] = [ToolUse(f"call_{i}", draw(names), draw(arguments)) for i in range(draw(st.integers(0, 2)))]
    finish = Finish.tools if uses else draw(st.sampled_from([Finish.stop, Finish.length]))
    usage = Usage(draw(counts), draw(counts), draw(st.none() | counts), draw(st.none() | counts))
    return Answer("id_7", "m-1", (Candidate((*thoughts, *texts, *uses), finish),), usage)


def meaning(answer: Answer) -> Any:
    """An answer without what formats say in their own way: arguments as their text, a count of zero as none at all."""
    (candidate,) = answer.candidates
    parts = [
        replace(part, arguments=json.dumps(json.loads(part.arguments), sort_keys=True))
        if isinstance(part, ToolUse)
        else part
        for part in candidate.parts
    ]
    usage = answer.usage or Usage()
    used = (usage.input or 0, usage.output or 0, usage.cache_read or 0, usage.reasoning or 0)
    return answer.id, answer.model, parts, candidate.finish, used


@pytest.mark.parametrize("dialect", BOTH_WAYS)
@given(data=st.data())
def test_an_answer(dialect: str, data: st.DataObject) -> None:
    answer = data.draw(answers(dialect, thinks=dialect != "openai_chat"))
    shown = CHATS[dialect].show_answer(answer, ASKED, LABEL)  # type: ignore[attr-defined]
    assert meaning(CHATS[dialect].read_answer(shown)) == meaning(answer)


def streamed(answer: Answer) -> list[Event]:
    """The answer as events, its texts and arguments in two pieces each."""
    events: list[Event] = [Started(answer.id, answer.model)]
    (candidate,) = answer.candidates
    index = 0
    for part in candidate.parts:
        if isinstance(part, Thinking):
            assert part.seal is not None
            events += [ThinkingPiece(part.text[:1]), ThinkingPiece(part.text[1:]), ThinkingSealed(part.seal)]
        elif isinstance(part, Text):
            events += [TextPiece(part.text[:1]), TextPiece(part.text[1:])]
        elif isinstance(part, ToolUse):
            events += [ToolStarted(index, part.id, part.name), ArgumentsPiece(index, part.arguments[:1])]
            events.append(ArgumentsPiece(index, part.arguments[1:]))
            index += 1
    assert candidate.finish is not None and answer.usage is not None
    return [*events, Ended(candidate.finish), Used(answer.usage)]


def joined(events: list[Event]) -> Answer:
    """The answer that a stream makes up."""
    id, model, finish, usage = None, None, None, None
    parts: list[Part] = []
    for event in events:
        if isinstance(event, Started):
            id, model = event.id, event.model
        elif isinstance(event, TextPiece | ThinkingPiece):
            kind = Text if isinstance(event, TextPiece) else Thinking
            if not (parts and type(parts[-1]) is kind):
                parts.append(kind(""))
            parts[-1] = replace(parts[-1], text=parts[-1].text + event.text)  # type: ignore[union-attr]
        elif isinstance(event, ThinkingSealed):
            said = parts.pop() if parts and isinstance(parts[-1], Thinking) else Thinking("")
            parts.append(replace(said, seal=event.seal))
        elif isinstance(event, ToolStarted):
            parts.append(ToolUse(event.id, event.name, ""))
        elif isinstance(event, ArgumentsPiece):
            at = [i for i, part in enumerate(parts) if isinstance(part, ToolUse)][event.index]
            parts[at] = replace(parts[at], arguments=parts[at].arguments + event.json)  # type: ignore[union-attr]
        elif isinstance(event, Ended):
            finish = event.finish
        elif isinstance(event, Used):
            usage = event.usage
    return Answer(id, model, (Candidate(tuple([part for part in parts if part != Text("")]), finish),), usage)


@pytest.mark.parametrize("dialect", BOTH_WAYS)
@given(data=st.data())
def test_a_stream(dialect: str, data: st.DataObject) -> None:
    # In a stream of Responses an item has its id before its seal is known, so only foreign seals are written there.
    answer = data.draw(answers(dialect, thinks=not dialect.startswith("openai")))
    writer = CHATS[dialect].open_writer(ASKED, LABEL)  # type: ignore[attr-defined]
    body = b"".join([writer.write([event]) for event in streamed(answer)]) + writer.finish()
    reader = CHATS[dialect].open_reader()
    assert meaning(joined([*reader.feed(body), *reader.finish()])) == meaning(answer)


@st.composite
def full_chats(draw: DrawFn) -> Chat:
    """A chat that asks for any of all there is, at once."""

    def maybe(*values: Any) -> Any:
        return draw(st.sampled_from([None, None, *values]))

    tools = (WEATHER, Tool("f", None, SCHEMA, strict=draw(st.none() | st.booleans()))) if draw(st.booleans()) else ()
    return replace(
        draw(chats()),
        tools=tools,
        tool_choice=maybe(Choosing.auto, Choosing.none, Choosing.required, "weather") if tools else None,
        parallel_tools=maybe(True, False) if tools else None,
        format=maybe(Format(), Format(SCHEMA, "answer", strict=True)),
        reasoning=maybe(*[Reasoning(effort=one) for one in ("none", "low", "high")], Reasoning(budget=2048)),
        max_output=maybe(100, 20000),
        temperature=maybe(0, 0.5, 1, 1.5),
        top_p=maybe(0, 0.5, 1),
        top_k=maybe(1, 40),
        stop=maybe(("END",), ("END", "STOP")) or (),
        seed=maybe(0, 7),
        n=maybe(1, 2),
        presence_penalty=maybe(-1, 0, 0.5),
        frequency_penalty=maybe(-1, 0, 0.5),
        logprobs=maybe(0, 2),
        logit_bias=maybe({"7": -100}),
        user=maybe("u-1"),
        metadata=maybe({"team": "blue"}),
        tier=maybe("auto", "default", "flex", "priority"),
        verbosity=maybe("low", "high"),
        cache_key=maybe("k"),
    )


def meant(chat: Chat, dialect: str) -> Chat:
    """A chat without what is so in any case: one answer, and tools at once.

    Whether a tool is strict is said for all tools together in Gemini, by a way of choosing: then the model chooses.
    """
    tools, choice = chat.tools, chat.tool_choice
    if dialect == "gemini":
        is_strict = any(tool.strict for tool in tools) and chat.tool_choice in (None, "auto")
        tools = tuple([replace(tool, strict=is_strict) for tool in tools])
        choice = None if is_strict else choice
    parallel = None if chat.parallel_tools else chat.parallel_tools
    return replace(chat, n=None if chat.n == 1 else chat.n, parallel_tools=parallel, tools=tools, tool_choice=choice)


@pytest.mark.parametrize("dialect", BOTH_WAYS)
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(chat=full_chats())
def test_what_a_request_asks_for_is_written_or_told_as_lost(dialect: str, chat: Chat) -> None:
    losses = Losses()
    body = written(dialect, chat, losses)
    again = read(dialect, body)  # which is a request in any case
    assert losses or same(meant(again, dialect), meant(chat, dialect))
