"""Native requests live here, read into the middle. Source: contract 2.4, and @aigne/core's chat model."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs

from aigne_hub.dialects import effort, media, seals
from aigne_hub.dialects.cache_marks import read_control
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
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.structured import checked_schema

NAME = "native"
DEFAULT_MODEL = "openai/gpt-5-mini"

_write = msgspec.json.Encoder().encode

_ROLES = {"system": Role.system, "user": Role.user, "agent": Role.assistant, "assistant": Role.assistant}
_CHOOSINGS = frozenset(one.value for one in Choosing)
_FILES = frozenset({"url", "file", "local"})


def read_chat(body: dict[str, Any]) -> tuple[str, Chat, bool]:
    """The model, the request, and whether it is streamed. Raises BadRequest that names the place."""
    top = Fields(body)
    given = top.need_fields("input")
    options = given.fields("modelOptions") or Fields({}, "input.modelOptions")
    model = top.text("model") or given.text("model") or options.text("model") or DEFAULT_MODEL
    how = top.fields("options") or Fields({}, "options")
    is_stream = how.flag("streaming") is True
    known: set[str] = set()
    messages = _joined(given.each("messages", lambda message: _message(message, known)))
    if not messages:
        raise wrong("input.messages", "at least one message is expected here")
    given.one_of("outputFileType", _FILES)
    given.drop("outputFileType")
    options.drop("preferInputFileType", "modalities")
    chat = Chat(
        messages=messages,
        tools=given.each("tools", _tool),
        tool_choice=_choice(given),
        parallel_tools=options.flag("parallelToolCalls"),
        format=_format(given),
        reasoning=_reasoning(options),
        max_output=options.whole("maxTokens", 1),
        temperature=options.number("temperature", 0, 2),
        top_p=options.number("topP", 0, 1),
        top_k=options.whole("topK", 0),
        seed=options.whole("seed"),
        presence_penalty=options.number("presencePenalty", -2, 2),
        frequency_penalty=options.number("frequencyPenalty", -2, 2),
        auto_cache=_auto_cache(options),
        unknown=(*given.rest(), *options.rest()),
    )
    return model, chat, is_stream


def _message(f: Fields, known: set[str]) -> Message:
    role = f.need_text("role")
    cache = read_control(f, "cacheControl")
    if role == "tool":
        id = f.need_text("toolCallId")
        if id not in known:
            raise wrong(f.at("toolCallId"), f"no earlier tool call has the id {id}")
        kept = tuple([part for part in _content(f) if isinstance(part, (Text, Media))])
        return Message(Role.tool, (ToolResult(id, kept, cache=cache),))
    if role not in _ROLES:
        raise wrong(f.at("role"), "system, user, agent or tool is expected here")
    parts: list[Part] = []
    thoughts = f.text("thoughts")
    if thoughts:
        parts.append(Thinking(thoughts))
    parts += _content(f)
    for sealed, use in f.each("toolCalls", _tool_use):
        known.add(use.id)
        if sealed:
            parts = [*sealed, *[part for part in parts if not isinstance(part, Thinking)]]
        parts.append(use)
    if cache is not None and parts and isinstance(parts[-1], (Text, Media, ToolUse)):
        parts[-1] = structs.replace(parts[-1], cache=cache)
    if not parts and _ROLES[role] is Role.user:
        raise wrong(f.at("content"), "this is missing")
    return Message(_ROLES[role], tuple(parts), f.text("name"))


def _joined(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """What a model said before its calls and the calls are one message, of which its sealed thoughts come first.

    The published client sends two: a first with the text and the thoughts, which have no seal there.
    """
    joined: list[Message] = []
    for message in messages:
        sealed = [part for part in message.parts if isinstance(part, Thinking) and part.seal is not None]
        if sealed and joined and joined[-1].role is Role.assistant:
            said = [part for part in joined.pop().parts if not isinstance(part, Thinking)]
            rest = [part for part in message.parts if not isinstance(part, Thinking)]
            joined.append(structs.replace(message, parts=(*sealed, *said, *rest)))
        else:
            joined.append(message)
    return tuple(joined)


def _content(f: Fields) -> list[Part]:
    content = f.any("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    if not isinstance(content, list):
        raise wrong(f.at("content"), "a string or a list of parts is expected here")
    place = f.at("content")
    return [_part(Fields(part, f"{place}[{i}]")) for i, part in enumerate(content)]


def _part(f: Fields) -> Part:
    kind = f.need_text("type")
    cache = read_control(f, "cacheControl")
    if kind == "text":
        text = f.need_text("text")
        return Thinking(text) if f.flag("isThinking") else Text(text, cache=cache)
    if kind == "local":
        raise wrong(f.at("type"), "a file of the caller's own machine cannot be read from here: send its data")
    mime, name = f.text("mimeType"), f.text("filename")
    if kind == "url":
        url = f.need_text("url")
        found = media.media_of(url, MediaKind.image if mime is None else media.kind_of(mime), f.at("url"), name=name)
        return structs.replace(found, mime=found.mime or mime, cache=cache)
    if kind == "file":
        data = f.need_text("data")
        mime = mime or media.sniffed(data)
        return media.checked(Media(media.kind_of(mime), mime=mime, data=data, name=name, cache=cache), f.at("data"))
    raise wrong(f.at("type"), "text, url or file is expected here")


def _tool_use(f: Fields) -> tuple[list[Thinking], ToolUse]:
    """A call, and the sealed thoughts that led to it."""
    function = f.need_fields("function")
    arguments = function.any("arguments")
    text = arguments if isinstance(arguments, str) else _write(arguments or {}).decode()
    kept = f.object("metadata") or {}
    seal = kept.get("seal")
    sealed = seals.read(seal, NAME) if isinstance(seal, str) else None
    thoughts = kept.get("thoughts")
    return (
        [_thought(one) for one in thoughts if isinstance(one, dict)] if isinstance(thoughts, list) else [],
        ToolUse(f.need_text("id"), function.need_text("name"), text, sealed),
    )


def _thought(given: dict[str, Any]) -> Thinking:
    text, seal = given.get("text"), given.get("seal")
    return Thinking(text if isinstance(text, str) else "", seals.read(seal, NAME) if isinstance(seal, str) else None)


def _tool(f: Fields) -> Tool:
    function = f.need_fields("function")
    schema = function.object("parameters")
    if schema is not None:
        checked_schema(schema, function.at("parameters"))
    return Tool(function.need_text("name"), function.text("description"), schema, cache=read_control(f, "cacheControl"))


def _choice(f: Fields) -> Choosing | str | None:
    choice = f.any("toolChoice")
    if choice is None:
        return None
    if isinstance(choice, str) and choice in _CHOOSINGS:
        return Choosing(choice)
    if isinstance(choice, dict):
        return Fields(choice, "input.toolChoice").need_fields("function").need_text("name")
    raise wrong("input.toolChoice", "auto, none, required or a function's name is expected here")


def _format(f: Fields) -> Format | None:
    given = f.fields("responseFormat")
    if given is None or (kind := given.need_text("type")) == "text":
        return None
    if kind != "json_schema":
        raise wrong(given.at("type"), "text or json_schema is expected here")
    schema = given.need_fields("jsonSchema")
    wanted = checked_schema(schema.object("schema") or {}, schema.at("schema"))
    return Format(wanted, schema.text("name"), schema.text("description"), schema.flag("strict"))


def _reasoning(options: Fields) -> Reasoning | None:
    said = options.any("reasoningEffort")
    if said is None:
        return None
    if type(said) is int and said >= 0:
        return Reasoning(budget=said) if said else Reasoning(effort="none")
    if isinstance(said, str) and said in effort.EFFORTS:
        return Reasoning(effort=said)
    raise wrong(options.at("reasoningEffort"), "minimal, low, medium, high or a number of tokens is expected here")


def _auto_cache(options: Fields) -> str | None:
    config = options.object("cacheConfig")
    if config is None or config.get("enabled") is False or config.get("strategy") == "manual":
        return None
    return "1h" if config.get("ttl") == "1h" else "5m"
