"""Requests of Converse live here, written from the middle.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import structs

from aigne_hub.dialects import cache_marks, effort, structured
from aigne_hub.dialects.arguments import as_object
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Media,
    MediaKind,
    Message,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.claude import adaptive, refuse_large_in, version_of
from aigne_hub.dialects.fidelity import Losses

NAME = "bedrock_converse"
REDACTED = "redacted"  # a seal's id, when the thought is nothing but it

_write = msgspec.json.Encoder().encode

_IMAGES = {"image/jpeg": "jpeg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
_NO_NAME = re.compile(r"[^A-Za-z0-9 \-()\[\]]+")  # what a document's name may not hold
_TIERS = frozenset({"priority", "default", "flex", "reserved"})
_NOT_THERE = (
    ("seed", "seed"),
    ("presence_penalty", "presence_penalty"),
    ("frequency_penalty", "frequency_penalty"),
    ("logprobs", "logprobs"),
    ("logit_bias", "logit_bias"),
    ("verbosity", "verbosity"),
    ("cache_key", "prompt_cache_key"),
    ("user", "user"),
)


def write_chat(chat: Chat, model: str, losses: Losses) -> bytes:
    """The request; the model's name stands in the path, not here."""
    refuse_large_in(chat, model)
    chat = cache_marks.latest(chat, losses)
    system, messages = _messages(chat, losses)
    request: dict[str, Any] = {"messages": messages}
    if system:
        request["system"] = system
    said = {name: value for name, value in _sampling(chat, model, losses).items() if value is not None}
    if said:
        request["inferenceConfig"] = said
    if chat.tools:
        request["toolConfig"] = _tools(chat, losses)
    _write_format(request, chat)
    _write_more(request, chat, model, losses)
    if chat.metadata is not None:
        request["requestMetadata"] = chat.metadata
    if chat.tier in _TIERS:
        request["serviceTier"] = {"type": chat.tier}
    elif chat.tier is not None and chat.tier != "auto":
        losses.dropped("service_tier")
    if chat.n is not None and chat.n > 1:
        losses.dropped("n")
    for field, name in _NOT_THERE:
        if getattr(chat, field) is not None:
            losses.dropped(name)
    if chat.parallel_tools is False:
        losses.dropped("parallel_tool_calls")
    for name in chat.unknown:
        losses.dropped(name)
    return _write(request)


def _messages(chat: Chat, losses: Losses) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The system blocks, and turns of user and assistant; what follows of one role is joined."""
    system: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for message in chat.messages:
        if message.name is not None:
            losses.dropped("messages.name")
        if message.role in (Role.system, Role.developer) and not turns:
            words = structs.replace(message, parts=tuple([one for one in message.parts if isinstance(one, Text)]))
            system += _blocks(words, losses)
            if words.parts != message.parts:
                losses.dropped("system_message.media")
            continue
        if message.role in (Role.system, Role.developer):
            losses.approximated("system_message_in_between")
        role = "assistant" if message.role is Role.assistant else "user"
        blocks = _blocks(message, losses)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return system, turns


def _blocks(message: Message, losses: Losses) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in message.parts:
        block = _block(part, losses)
        if block is not None:
            found.append(block)
            cache = cache_marks.mark_of(part)
            if cache is not None:
                found.append({"cachePoint": {"type": "default", **cache_marks.ttl(cache, losses)}})
    return found


def _block(part: Part, losses: Losses) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return {"text": part.text} if part.text else None
    if isinstance(part, Refusal):
        return {"text": part.text}
    if isinstance(part, Media):
        return _media(part, losses)
    if isinstance(part, ToolUse):
        return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": as_object(part.arguments)}}
    if isinstance(part, ToolResult):
        content = [block for inner in part.parts if (block := _block(inner, losses)) is not None]
        result: dict[str, Any] = {"toolUseId": part.id, "content": content or [{"text": ""}]}
        if part.is_error:
            result["status"] = "error"
        return {"toolResult": result}
    return _thought(part, losses)


def _thought(part: Thinking, losses: Losses) -> dict[str, Any] | None:
    seal = part.seal
    if seal is None or seal.of != NAME:
        losses.dropped("thinking")
        return None
    if seal.id == REDACTED:
        return {"reasoningContent": {"redactedContent": seal.value}}
    return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": seal.value}}}


def _media(part: Media, losses: Losses) -> dict[str, Any] | None:
    if part.data is None:
        if part.url is not None and part.url.startswith("s3://") and part.kind is MediaKind.video:
            return {"video": {"format": "mp4", "source": {"s3Location": {"uri": part.url}}}}
        losses.dropped(f"messages.{part.kind.value}_{'url' if part.url is not None else 'id'}")
        return None
    source = {"bytes": part.data}
    if part.kind is MediaKind.image and part.mime in _IMAGES:
        return {"image": {"format": _IMAGES[part.mime], "source": source}}
    if part.kind is MediaKind.file and part.mime in _DOCUMENTS:
        name = _NO_NAME.sub(" ", (part.name or "document").rpartition(".")[0] or part.name or "document").strip()
        return {"document": {"format": _DOCUMENTS[part.mime], "name": name or "document", "source": source}}
    if part.kind in (MediaKind.video, MediaKind.audio):
        format = (part.mime or "").rpartition("/")[2]
        return {part.kind.value: {"format": {"mpeg": "mp3"}.get(format, format), "source": source}}
    losses.dropped(f"messages.{part.kind.value}")
    return None


def _tools(chat: Chat, losses: Losses) -> dict[str, Any]:
    tools: list[dict[str, Any]] = []
    for tool in chat.tools:
        schema = tool.schema or {"type": "object", "properties": {}}
        spec: dict[str, Any] = {"name": tool.name, "inputSchema": {"json": schema}}
        if tool.description:
            spec["description"] = tool.description
        if tool.strict:  # not to be strict is what is meant without the word, which not every model takes
            spec["strict"] = True
        tools.append({"toolSpec": spec})
        if tool.cache is not None:
            tools.append({"cachePoint": {"type": "default", **cache_marks.ttl(tool.cache, losses)}})
    config: dict[str, Any] = {"tools": tools}
    choice = chat.tool_choice
    if choice is Choosing.none:
        losses.approximated("tool_choice")  # there is no such choice, and past tool uses need their tools
    elif choice is not None:
        words: dict[str, Any] = {"auto": {"auto": {}}, "required": {"any": {}}}
        config["toolChoice"] = words.get(str(choice), {"tool": {"name": str(choice)}})
    return config


def _write_format(request: dict[str, Any], chat: Chat) -> None:
    if chat.format is None:
        return
    if chat.format.schema is None:
        request.setdefault("system", []).append({"text": structured.in_words(chat.format)})
        return
    schema: dict[str, Any] = {"schema": _write(chat.format.schema).decode(), "name": chat.format.name or "answer"}
    if chat.format.description is not None:
        schema["description"] = chat.format.description
    request["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}


def _write_more(request: dict[str, Any], chat: Chat, model: str, losses: Losses) -> None:
    """What models of one maker take beside the rest: Anthropic's `top_k`, and `thinking` with how hard to try.

    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html
    """
    more: dict[str, Any] = {}
    is_claude, version = _is_claude(model), version_of(model)
    if chat.format is not None and chat.format.schema is None:
        losses.approximated(structured.FIELD)
    if chat.top_k is not None:
        if is_claude and version < (4, 7):
            more["top_k"] = chat.top_k
        else:
            losses.dropped("top_k")
    wanted = chat.reasoning
    if wanted is not None and is_claude and wanted.effort != "none" and version >= (4, 6):
        more |= adaptive(wanted, losses)
    elif wanted is not None and is_claude and wanted.effort != "none":
        if wanted.budget is None:
            losses.approximated("reasoning_effort")
        budget = max(1024, wanted.budget or effort.budget_of(wanted.effort or "medium"))
        more["thinking"] = {"type": "enabled", "budget_tokens": budget}
    elif wanted is not None and wanted.effort != "none":
        losses.dropped("reasoning_effort")
    if more:
        request["additionalModelRequestFields"] = more


def _sampling(chat: Chat, model: str, losses: Losses) -> dict[str, Any]:
    """What every model takes of the kind, but for the newest of Anthropic's."""
    config = {"maxTokens": chat.max_output, "stopSequences": list(chat.stop) or None}
    if _is_claude(model) and version_of(model) >= (4, 7):
        for name in ("temperature", "top_p"):
            if getattr(chat, name) is not None:
                losses.dropped(name)
        return config
    if chat.temperature is not None and chat.temperature > 1:
        losses.approximated("temperature")
    temperature = None if chat.temperature is None else min(1, chat.temperature)
    return {**config, "temperature": temperature, "topP": chat.top_p}


def _is_claude(model: str) -> bool:
    return "anthropic" in model or "claude" in model
