"""Requests of Messages live here, read into the middle.

Source: https://platform.claude.com/docs/en/api/messages/create
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from aigne_hub.dialects import effort, seals, splice
from aigne_hub.dialects.anthropic_messages.blocks import NAME, BlockReader
from aigne_hub.dialects.bodies import read_object
from aigne_hub.dialects.cache_marks import read_control
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Message,
    Reasoning,
    Role,
    Tool,
    ToolResult,
)
from aigne_hub.dialects.claude import refuse_large
from aigne_hub.dialects.fields import Fields, wrong
from aigne_hub.dialects.structured import checked_schema

_write = msgspec.json.Encoder().encode

_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_ROLES = frozenset({"user", "assistant", "system"})
_CHOICES = {"auto": Choosing.auto, "any": Choosing.required, "none": Choosing.none}


def read_chat(body: bytes) -> Chat:
    """Raises BadRequest that names the place where the body is not a request."""
    f = Fields(read_object(body))
    f.drop("model", "stream", "access_token")
    blocks = BlockReader()
    system = () if (given := f.any("system")) is None else blocks.content(Fields({"system": given}), "system")
    messages: list[Message] = [Message(Role.system, system)] if system else []
    for read in f.each("messages", lambda message: _message(message, blocks)):
        messages += read
    if not any(message.role is not Role.system for message in messages):
        raise wrong("messages", "at least one message is expected here")
    choice, parallel = _choice(f)
    output = f.fields("output_config") or Fields({}, "output_config")
    metadata = f.fields("metadata") or Fields({}, "metadata")
    tools = f.each("tools", lambda tool: _tool(tool, blocks))
    return Chat(
        messages=tuple(messages),
        tools=tuple([tool for tool in tools if tool is not None]),
        tool_choice=choice,
        parallel_tools=parallel,
        format=_format(output),
        reasoning=_reasoning(f, output, blocks),
        max_output=f.whole("max_tokens", 1),
        temperature=f.number("temperature", 0, 1),
        top_p=f.number("top_p", 0, 1),
        top_k=f.whole("top_k", 0),
        stop=tuple([str(one) for one in f.list("stop_sequences") or ()]),
        user=metadata.text("user_id"),
        tier=f.text("service_tier"),
        auto_cache=read_control(f),
        unknown=(*f.rest(), *dict.fromkeys(blocks.unknown)),
    )


def check(contents: Iterable[str | list[dict[str, Any]]], model: str) -> None:
    """Look through the messages of a request that goes on as it is; what the hub does not know may stand there.

    Raises BadRequest that names an orphan tool result, an inline file that is none, or a picture that is too large.
    """
    blocks = BlockReader()
    for i, content in enumerate(contents):
        if isinstance(content, list):
            blocks.content(Fields({"content": content}, f"messages[{i}]"))
    refuse_large(blocks.pictures, model)


def without_foreign_thoughts(body: bytes) -> bytes:
    """The body without thoughts that another format's model sealed, which Anthropic refuses.

    They are there when a conversation that began at another provider goes on at one that speaks Messages.
    """
    messages = read_object(body)["messages"]
    for message in messages:
        if isinstance(message["content"], list):
            message["content"] = [block for block in message["content"] if not _is_foreign(block)]
    return splice.edit(body, {"messages": _write([message for message in messages if message["content"]])})


def _is_foreign(block: dict[str, Any]) -> bool:
    seal = block.get("signature") or block.get("data")
    return block.get("type") in _THOUGHTS and isinstance(seal, str) and seals.read(seal, NAME).of != NAME


def _message(f: Fields, blocks: BlockReader) -> list[Message]:
    role = f.one_of("role", _ROLES)
    if role is None:
        raise wrong(f.at("role"), "this is missing")
    parts = blocks.content(f)
    if role != "user":
        return [Message(Role(role), parts)]
    messages = [Message(Role.tool, (part,)) for part in parts if isinstance(part, ToolResult)]
    said = tuple([part for part in parts if not isinstance(part, ToolResult)])
    if said or not messages:
        messages.append(Message(Role.user, said))
    return messages


def _tool(f: Fields, blocks: BlockReader) -> Tool | None:
    kind = f.text("type")
    if kind is not None and kind != "custom":
        blocks.unknown.append(f"tools.{kind}")  # a tool that Anthropic runs
        return None
    schema = f.object("input_schema")
    if schema is None:
        raise wrong(f.at("input_schema"), "this is missing")
    return Tool(f.need_text("name"), f.text("description"), schema, f.flag("strict"), read_control(f))


def _choice(f: Fields) -> tuple[Choosing | str | None, bool | None]:
    choice = f.fields("tool_choice")
    if choice is None:
        return None, None
    kind = choice.need_text("type")
    alone = choice.flag("disable_parallel_tool_use")
    parallel = None if alone is None else not alone
    if kind == "tool":
        return choice.need_text("name"), parallel
    if kind not in _CHOICES:
        raise wrong(choice.at("type"), "auto, any, tool or none is expected here")
    return _CHOICES[kind], parallel


def _format(output: Fields) -> Format | None:
    given = output.fields("format")
    if given is None:
        return None
    if given.need_text("type") != "json_schema":
        raise wrong(given.at("type"), "json_schema is expected here")
    schema = given.object("schema")
    if schema is None:
        raise wrong(given.at("schema"), "this is missing")
    return Format(checked_schema(schema, given.at("schema")), strict=True)


def _reasoning(f: Fields, output: Fields, blocks: BlockReader) -> Reasoning | None:
    said = output.one_of("effort", effort.EFFORTS)
    thinking = f.fields("thinking")
    if thinking is None:
        return None if said is None else Reasoning(effort=said)
    kind = thinking.need_text("type")
    if kind == "between_tools":
        blocks.unknown.append("thinking.between_tools")  # only Anthropic's newest models tell such thoughts apart
        return Reasoning(effort="none")
    if kind == "disabled":
        return Reasoning(effort="none")
    if kind == "adaptive":
        return Reasoning(effort=said or "high")
    if kind != "enabled":
        raise wrong(thinking.at("type"), "enabled, disabled, adaptive or between_tools is expected here")
    return Reasoning(effort=said, budget=thinking.whole("budget_tokens", 1))
