"""The page docs/fidelity.md, made by trying every feature with every pair of dialects.

python -m tests.dialects.fidelity_page > docs/fidelity.md
"""

from __future__ import annotations

import json
import sys
from typing import Any

from msgspec.structs import replace

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.call import Call, Kind
from aigne_hub.dialects.chat import Chat, Media, Text, Thinking, ToolResult, ToolUse
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.native.read_request import read_chat as read_native
from aigne_hub.dialects.openai_completions import OpenAICompletions
from aigne_hub.dialects.pairing import CHATS
from aigne_hub.providers.known import quirks_of
from tests.dialects import fidelity_answers, fidelity_media
from tests.dialects.features import FEATURES

# Who is asked in each dialect: the provider by whose row it is known, and a model of it.
TRIED = {
    "openai_chat": ("openai", "gpt-5.6"),
    "openai_responses": ("openai", "gpt-5.6"),
    "anthropic_messages": ("anthropic", "claude-sonnet-4-6"),
    "gemini": ("google", "gemini-2.5-flash"),
    "bedrock_converse": ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
}
NATIVE = "native"
COMPLETIONS = OpenAICompletions.name
CALLERS = (*(name for name, dialect in CHATS.items() if hasattr(dialect, "read_chat")), NATIVE)

HEAD = """# What a translation carries

A call whose provider speaks the caller's own dialect goes on as it came: nothing is lost, and this page does not
concern it. All other calls are translated. Below, for each dialect a caller may speak, what becomes of each thing
that can be said in it, by the dialect of the provider:

- **carried**: the provider is told just that;
- approximated: it is told something near it;
- *dropped*: it has no word for it.

The caller reads of what was dropped or approximated in `x-hub-dropped`, the operator in the call's record, and
`x-hub-strict: 1` refuses such a call. Some providers take more than their dialect's own page says (`top_k` in Chat
Completions, thoughts that are sent back), and some take less (OpenAI's marks of what to cache go to OpenAI alone):
[providers](providers.md) says which.

This page is made by trying it: `python -m tests.dialects.fidelity_page > docs/fidelity.md`. What is told also follows
from a model's name; tried are {tried}.
"""


def verdict(called: str, feature: str) -> str:
    """What becomes of a feature at a provider of this dialect."""
    chat = FEATURES[feature](called)
    losses = Losses()
    body = written(called, chat, losses)
    if "dropped" in losses.items().values():
        return "dropped"
    if "approximated" in losses.items().values():
        return "approximated"
    if called not in CALLERS:  # the hub does not read it, so what it writes is judged by its own tests
        return "carried"
    return "carried" if same(read(called, body), chat) else "approximated"


def can_say(caller: str, feature: str) -> bool:
    """Whether the feature can be said in a caller's dialect at all."""
    chat = FEATURES[feature](caller)
    try:
        if caller == NATIVE:
            return same(read_native(native_body(chat))[1], chat)
        if caller == COMPLETIONS:
            body = json.dumps(completions_body(chat)).encode()
            return same(OpenAICompletions().read_chat(Call(Kind.chat, "m", body)), chat)
        losses = Losses()
        body = written(caller, chat, losses)
        return not losses.lost() and same(read(caller, body), chat)
    except BadRequest:
        return False


def written(dialect: str, chat: Chat, losses: Losses) -> bytes:
    provider, model = TRIED[dialect]
    return CHATS[dialect].write_chat(chat, Call(Kind.chat, model, b""), model, losses, quirks_of(provider))


def read(dialect: str, body: bytes) -> Chat:
    chat: Chat = CHATS[dialect].read_chat(Call(Kind.chat, "m", body))  # type: ignore[attr-defined]
    return chat


def same(one: Chat, other: Chat) -> bool:
    """Whether both ask for the same.

    The name of a schema is a label, its strictness each provider's habit, as is whether thoughts are shown where
    they were asked for, and a tool that is not said to be strict is not.
    """
    return _plain(one) == _plain(other)


def _plain(chat: Chat) -> Chat:
    tools = tuple([replace(tool, strict=tool.strict or None) for tool in chat.tools])
    format = chat.format
    if format is not None and format.schema is not None:
        format = replace(format, name=None, strict=None)
    reasoning = None if chat.reasoning is None else replace(chat.reasoning, summary=None)
    return replace(chat, tools=tools, format=format, reasoning=reasoning)


def native_body(chat: Chat) -> dict[str, Any]:
    """The chat as the reference's client would write it; what it cannot say is left out."""
    options = {
        "maxTokens": chat.max_output,
        "temperature": chat.temperature,
        "topP": chat.top_p,
        "topK": chat.top_k,
        "seed": chat.seed,
        "presencePenalty": chat.presence_penalty,
        "frequencyPenalty": chat.frequency_penalty,
        "parallelToolCalls": chat.parallel_tools,
    }
    if chat.reasoning is not None:
        options["reasoningEffort"] = chat.reasoning.effort or chat.reasoning.budget  # type: ignore[assignment]
    given: dict[str, Any] = {
        "messages": [_native_message(message) for message in chat.messages],
        "modelOptions": options,
    }
    if chat.tools:
        given["tools"] = [
            {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.schema}}
            for t in chat.tools
        ]
    if chat.tool_choice is not None:
        one = {"type": "function", "function": {"name": str(chat.tool_choice)}}
        given["toolChoice"] = str(chat.tool_choice) if chat.tool_choice in ("auto", "none", "required") else one
    if chat.format is not None and chat.format.schema is not None:
        schema = {"name": chat.format.name, "schema": chat.format.schema, "strict": chat.format.strict}
        given["responseFormat"] = {"type": "json_schema", "jsonSchema": schema}
    return {"input": given}


def _native_message(message: Any) -> dict[str, Any]:
    written: dict[str, Any] = {"role": {"assistant": "agent"}.get(message.role.value, message.role.value)}
    if message.name:
        written["name"] = message.name
    parts = message.parts
    for part in parts:
        if isinstance(part, ToolUse):
            function = {"name": part.name, "arguments": json.loads(part.arguments)}
            written.setdefault("toolCalls", []).append({"id": part.id, "type": "function", "function": function})
        elif isinstance(part, ToolResult):
            written["toolCallId"] = part.id
            parts = part.parts
        elif isinstance(part, Thinking):
            written["thoughts"] = part.text
    content = [_native_part(part) for part in parts if isinstance(part, Text | Media)]
    return {**written, "content": content} if content else written


def _native_part(part: Text | Media) -> dict[str, Any]:
    if isinstance(part, Text):
        mark = {} if part.cache is None else {"cacheControl": {"type": "ephemeral", "ttl": part.cache}}
        return {"type": "text", "text": part.text, **mark}
    where = {"type": "url", "url": part.url} if part.url is not None else {"type": "file", "data": part.data}
    return {**where, "mimeType": part.mime, "filename": part.name}


def completions_body(chat: Chat) -> dict[str, Any]:
    """The chat as a client of Completions would write it; what it cannot say is left out."""
    (*_, last) = chat.messages
    given = {
        "prompt": "".join([part.text for part in last.parts if isinstance(part, Text)]),
        "max_tokens": chat.max_output,
        "temperature": chat.temperature,
        "top_p": chat.top_p,
        "stop": list(chat.stop) or None,
        "seed": chat.seed,
        "n": chat.n,
        "presence_penalty": chat.presence_penalty,
        "frequency_penalty": chat.frequency_penalty,
        "logit_bias": chat.logit_bias,
        "user": chat.user,
    }
    return {name: value for name, value in given.items() if value is not None}


def page() -> str:
    tried = ", ".join(dict.fromkeys(f"`{provider}/{model}`" for provider, model in TRIED.values()))
    sections = [HEAD.format(tried=tried)]
    shown = {"carried": "**carried**", "approximated": "approximated", "dropped": "*dropped*"}
    for caller in (*CALLERS, COMPLETIONS):
        others = [called for called in CHATS if called != caller]
        lines = [f"## From {caller}", "", f"| | {' | '.join(others)} |", "|---" * (len(others) + 1) + "|"]
        for feature in FEATURES:
            if can_say(caller, feature):
                cells = [shown[verdict(called, feature)] for called in others]
                lines.append(f"| {feature} | {' | '.join(cells)} |")
        sections.append("\n".join(lines) + "\n")
    sections.append(fidelity_media.page())
    sections.append(fidelity_answers.page())
    return "\n".join(sections)


if __name__ == "__main__":
    sys.stdout.write(page())
