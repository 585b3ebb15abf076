"""Requests of generateContent live here, read into the middle.

Source: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import structs

from aigne_hub.dialects.bodies import read_object
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Message,
    Part,
    Reasoning,
    Role,
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fields import wrong
from aigne_hub.dialects.gemini.read_parts import PartReader
from aigne_hub.dialects.gemini.schemas import as_json_schema
from aigne_hub.dialects.gemini.spelling import GoogleFields
from aigne_hub.dialects.structured import checked_schema

_ROLES = {"user": Role.user, "function": Role.user, "tool": Role.user, "model": Role.assistant}
_CHOICES = {
    "AUTO": Choosing.auto,
    "VALIDATED": None,
    "ANY": Choosing.required,
    "NONE": Choosing.none,
    "MODE_UNSPECIFIED": None,
}
_LEVELS = {"MINIMAL": "minimal", "LOW": "low", "MEDIUM": "medium", "HIGH": "high", "XHIGH": "xhigh"}
_TIERS = {"standard": "default", "unspecified": "auto"}


def read_chat(body: bytes) -> Chat:
    """Raises BadRequest that names the place where the body is not a request."""
    f = GoogleFields(read_object(body))
    f.drop("model", "accessToken")
    reader = PartReader()
    system = f.fields("systemInstruction")
    instructions = () if system is None else reader.parts(system)
    messages = _messages(f, reader)
    config = f.fields("generationConfig") or GoogleFields({}, "generationConfig")
    choice, is_strict = _choice(f, reader)
    tools = [tool for given in f.each("tools", lambda one: _declared(one, reader)) for tool in given]
    tier = f.text("serviceTier")
    chat = Chat(
        messages=(*([Message(Role.system, instructions)] if instructions else []), *messages),
        tools=tuple([structs.replace(tool, strict=True) for tool in tools] if is_strict else tools),
        tool_choice=choice,
        tier=None if tier is None else _TIERS.get(tier.lower(), tier.lower()),
    )
    chat = _configured(chat, config, reader.unknown)
    reader.unknown += [f"generationConfig.{name}" for name in config.rest()]
    return structs.replace(chat, unknown=(*f.rest(), *dict.fromkeys(reader.unknown)))


def check(given: dict[str, Any]) -> None:
    """Look through a request that goes on as it is; what the hub does not know may stand there.

    Raises BadRequest that names a content that is wrong, or a schema that is none.
    """
    f = GoogleFields(given)
    _messages(f, PartReader())
    f.each("tools", lambda tool: tool.each("functionDeclarations", _schema))
    config = f.any("generationConfig")
    if isinstance(config, dict):
        _answer_schema(GoogleFields(config, "generationConfig"))


def check_roles(roles: Iterable[str]) -> None:
    """Raises BadRequest when somebody else than a user or a model speaks."""
    for i, role in enumerate(roles):
        if role.lower() not in _ROLES:
            raise wrong(f"contents[{i}].role", "user or model is expected here")


def _configured(chat: Chat, f: GoogleFields, unknown: list[str]) -> Chat:
    wants_logprobs, top = f.flag("responseLogprobs"), f.count("logprobs", 0, 20)
    if f.any("responseModalities") not in (None, [], ["TEXT"]):
        unknown.append("generationConfig.responseModalities")
    return structs.replace(
        chat,
        format=_format(f, unknown),
        reasoning=_reasoning(f),
        max_output=f.count("maxOutputTokens", 1),
        temperature=f.number("temperature", 0, 2),
        top_p=f.number("topP", 0, 1),
        top_k=f.count("topK", 0),
        stop=tuple([str(one) for one in f.list("stopSequences") or ()]),
        seed=f.count("seed"),
        n=f.count("candidateCount", 1, 128),
        presence_penalty=f.number("presencePenalty", -2, 2),
        frequency_penalty=f.number("frequencyPenalty", -2, 2),
        logprobs=(top or 0) if wants_logprobs else None,
    )


def _messages(f: GoogleFields, reader: PartReader) -> list[Message]:
    messages: list[Message] = []
    for role, parts in f.each("contents", lambda content: _content(content, reader)):
        if role is Role.assistant:
            _add_to_assistant(messages, parts)
            continue
        messages += [Message(Role.tool, (part,)) for part in parts if isinstance(part, ToolResult)]
        said = tuple([part for part in parts if not isinstance(part, ToolResult)])
        if said:
            messages.append(Message(Role.user, said))
    if not messages:
        raise wrong("contents", "at least one content with a part is expected here")
    return messages


def _content(f: GoogleFields, reader: PartReader) -> tuple[Role, tuple[Part, ...]]:
    said = f.text("role")
    role = _ROLES.get((said or "user").lower())
    if role is None:
        raise wrong(f.at("role"), "user or model is expected here")
    parts = reader.parts(f)
    reader.unknown += [f"contents.{name}" for name in f.rest()]
    for i, part in enumerate(parts):
        if isinstance(part, ToolResult if role is Role.assistant else (ToolUse, Thinking)):
            raise wrong(f"{f.at('parts')}[{i}]", f"such a part cannot be of the role {said or 'user'}")
    return role, parts


def _add_to_assistant(messages: list[Message], parts: tuple[Part, ...]) -> None:
    """A model's turn, that a client which keeps every chunk of a stream sends as many contents, made one again."""
    if not parts:
        return
    if not messages or messages[-1].role is not Role.assistant:
        messages.append(Message(Role.assistant, parts))
        return
    before, first = messages[-1].parts, parts[0]
    last = before[-1]
    joined: Part | None = None
    if isinstance(last, Text) and isinstance(first, Text) and last.seal is None:
        joined = Text(last.text + first.text, seal=first.seal)
    elif isinstance(last, Thinking) and isinstance(first, Thinking) and last.seal is None:
        joined = Thinking(last.text + first.text, first.seal)
    kept = (*before, *parts) if joined is None else (*before[:-1], joined, *parts[1:])
    messages[-1] = Message(Role.assistant, kept)


def _declared(f: GoogleFields, reader: PartReader) -> tuple[Tool, ...]:
    tools = f.each("functionDeclarations", lambda one: _tool(one, reader))
    reader.unknown += [f"tools.{name}" for name in f.rest()]  # tools that Google runs
    return tools


def _tool(f: GoogleFields, reader: PartReader) -> Tool:
    schema = _schema(f)
    tool = Tool(f.need_text("name"), f.text("description"), schema)
    reader.unknown += [f"tools.functionDeclarations.{name}" for name in f.rest()]
    return tool


def _choice(f: GoogleFields, reader: PartReader) -> tuple[Choosing | str | None, bool]:
    """Which tool must be called, and whether arguments must be as declared."""
    config = f.fields("toolConfig")
    if config is None:
        return None, False
    calling = config.fields("functionCallingConfig") or GoogleFields({}, "toolConfig.functionCallingConfig")
    reader.unknown += [f"toolConfig.{name}" for name in config.rest()]
    mode = (calling.text("mode") or "MODE_UNSPECIFIED").upper()
    if mode not in _CHOICES:
        raise wrong(calling.at("mode"), "AUTO, ANY, NONE or VALIDATED is expected here")
    allowed = calling.list("allowedFunctionNames") or []
    reader.unknown += [f"toolConfig.functionCallingConfig.{name}" for name in calling.rest()]
    if mode == "ANY" and len(allowed) == 1:
        return str(allowed[0]), False
    if allowed:
        reader.unknown.append("toolConfig.functionCallingConfig.allowedFunctionNames")
    return _CHOICES[mode], mode == "VALIDATED"


def _format(f: GoogleFields, unknown: list[str]) -> Format | None:
    mime = f.text("responseMimeType")
    schema = _answer_schema(f)
    if mime != "application/json":
        if mime not in (None, "text/plain"):
            unknown.append("generationConfig.responseMimeType")
        return None
    return Format(schema, strict=None if schema is None else True)


def _answer_schema(f: GoogleFields) -> dict[str, Any] | None:
    return _either(f, "responseSchema", "responseJsonSchema")


def _schema(f: GoogleFields) -> dict[str, Any] | None:
    return _either(f, "parameters", "parametersJsonSchema")


def _either(f: GoogleFields, own: str, json: str) -> dict[str, Any] | None:
    """The schema under one of two names, in Google's own words or as a JSON schema. Raises BadRequest."""
    of_google, schema = f.object(own), f.object(json)
    if schema is not None:
        return checked_schema(schema, f.at(json))
    return None if of_google is None else checked_schema(as_json_schema(of_google), f.at(own))


def _reasoning(f: GoogleFields) -> Reasoning | None:
    config = f.fields("thinkingConfig")
    if config is None:
        return None
    budget, level = config.count("thinkingBudget", -1), config.text("thinkingLevel")
    summary = "auto" if config.flag("includeThoughts") is True else None
    if budget == 0:
        return Reasoning(effort="none")
    if level is not None and level.upper() != "THINKING_LEVEL_UNSPECIFIED":
        if level.upper() not in _LEVELS:
            raise wrong(config.at("thinkingLevel"), f"one of {', '.join(_LEVELS)} is expected here")
        return Reasoning(effort=_LEVELS[level.upper()], summary=summary)
    if budget is not None and budget > 0:
        return Reasoning(budget=budget, summary=summary)
    return None if summary is None else Reasoning(summary=summary)  # -1 is "as you see fit"
