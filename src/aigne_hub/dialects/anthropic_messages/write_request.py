"""Requests of Messages live here, written from the middle for a provider.

Sources: https://platform.claude.com/docs/en/api/messages/create and
https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking for which models think how.
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects import cache_marks, effort, structured
from aigne_hub.dialects.anthropic_messages.blocks import write_parts
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Part,
    Role,
    Tool,
)
from aigne_hub.dialects.claude import SAMPLING, adaptive, refuse_large_in, version_of
from aigne_hub.dialects.fidelity import Losses

_write = msgspec.json.Encoder().encode

_WRITTEN_CHOICES = {Choosing.auto: "auto", Choosing.required: "any", Choosing.none: "none"}
_TIERS = {"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}
_MAX_OUTPUT = 8192  # when the caller does not say: the format demands a limit
_NOT_THERE = (
    ("seed", "seed"),
    ("presence_penalty", "presence_penalty"),
    ("frequency_penalty", "frequency_penalty"),
    ("logprobs", "logprobs"),
    ("logit_bias", "logit_bias"),
    ("verbosity", "verbosity"),
    ("cache_key", "prompt_cache_key"),
)


def write_chat(chat: Chat, model: str, losses: Losses, *, is_stream: bool) -> bytes:
    """The request for Anthropic, or a provider that speaks as it does."""
    refuse_large_in(chat, model)
    chat = cache_marks.latest(chat, losses)
    system, messages = _written_messages(chat, losses)
    if chat.format is not None and not (chat.format.schema is not None and version_of(model) >= (4, 5)):
        losses.approximated(structured.FIELD)  # this model knows no schema: it is told in words
        system.append({"type": "text", "text": structured.in_words(chat.format)})
    limit = chat.max_output
    if limit is None:
        losses.invented("max_tokens")
        limit = 4096 if version_of(model) < (3, 5) else _MAX_OUTPUT
    request: dict[str, Any] = {"model": model, "max_tokens": limit, "messages": messages}
    if system:
        request["system"] = system[0]["text"] if len(system) == 1 and len(system[0]) == 2 else system
    if chat.tools:
        request["tools"] = [_written_tool(tool, losses) for tool in chat.tools]
    if (choice := _written_choice(chat)) is not None:
        request["tool_choice"] = choice
    _write_thinking(request, chat, model, losses)
    _write_sampling(request, chat, model, losses)
    _write_rest(request, chat, losses)
    if chat.format is not None and chat.format.schema is not None and version_of(model) >= (4, 5):
        request.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": chat.format.schema}
    if is_stream:
        request["stream"] = True
    return _write(request)


def _written_messages(chat: Chat, losses: Losses) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The system blocks, and the messages: turns of user and assistant, what follows of one role joined."""
    system: list[dict[str, Any]] = []
    turns: list[tuple[str, list[dict[str, Any]]]] = []
    for message in chat.messages:
        parts: tuple[Part, ...] = message.parts
        if message.role in (Role.system, Role.developer):
            blocks = write_parts(parts, losses)
            if not turns:
                system += [block for block in blocks if block["type"] == "text"]  # which is all it may hold
                if any(block["type"] != "text" for block in blocks):
                    losses.dropped("system_message.media")
                continue
            losses.approximated("system_message_in_between")
            role = "user"
        else:
            role = "assistant" if message.role is Role.assistant else "user"
            blocks = write_parts(parts, losses)
        if message.name is not None:
            losses.dropped("messages.name")
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    return system, [{"role": role, "content": _plain(blocks)} for role, blocks in turns]


def _plain(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if len(blocks) == 1 and blocks[0]["type"] == "text" and len(blocks[0]) == 2:
        text: str = blocks[0]["text"]
        return text
    return blocks


def _written_tool(tool: Tool, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {"name": tool.name, "input_schema": tool.schema or {"type": "object", "properties": {}}}
    if tool.description is not None:
        written["description"] = tool.description
    if tool.strict:
        written["strict"] = True
    if tool.cache is not None:
        written["cache_control"] = {"type": "ephemeral", **cache_marks.ttl(tool.cache, losses)}
    return written


def _written_choice(chat: Chat) -> dict[str, Any] | None:
    choice = chat.tool_choice
    alone = chat.parallel_tools is False and bool(chat.tools)
    if choice is None:
        return {"type": "auto", "disable_parallel_tool_use": True} if alone else None
    if isinstance(choice, Choosing):
        written: dict[str, Any] = {"type": _WRITTEN_CHOICES[choice]}
    else:
        written = {"type": "tool", "name": choice}
    if alone and choice is not Choosing.none:
        written["disable_parallel_tool_use"] = True
    return written


def _write_thinking(request: dict[str, Any], chat: Chat, model: str, losses: Losses) -> None:
    """Models from 4.6 on choose for themselves how much to think; those before are given a budget."""
    wanted = chat.reasoning
    if wanted is None:
        return
    if wanted.effort == "none" and wanted.budget is None:
        request["thinking"] = {"type": "disabled"}
        return
    if version_of(model) >= (4, 6):
        request |= adaptive(wanted, losses)
        return
    budget = wanted.budget
    if budget is None:
        losses.approximated("reasoning_effort")
        budget = effort.budget_of(wanted.effort or "medium")
    budget = max(1024, budget)
    if request["max_tokens"] <= budget:
        losses.approximated("max_tokens")  # thoughts count against it
        request["max_tokens"] += budget
    request["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _write_sampling(request: dict[str, Any], chat: Chat, model: str, losses: Losses) -> None:
    """Models from 4.7 on refuse these fields, and those before refuse most of them beside thinking."""
    if version_of(model) >= (4, 7) or request.get("thinking", {}).get("type") in ("enabled", "adaptive"):
        for field in SAMPLING:
            if getattr(chat, field) is not None:
                losses.dropped(field)
        return
    if chat.temperature is not None:
        request["temperature"] = min(1.0, chat.temperature)
        if chat.temperature > 1:
            losses.approximated("temperature")
    if chat.top_p is not None and chat.temperature is None:
        request["top_p"] = chat.top_p
    elif chat.top_p is not None:
        losses.dropped("top_p")  # models from 4.5 on take one of the two
    if chat.top_k is not None:
        request["top_k"] = chat.top_k


def _write_rest(request: dict[str, Any], chat: Chat, losses: Losses) -> None:
    if chat.auto_cache is not None:
        request["cache_control"] = {"type": "ephemeral", **cache_marks.ttl(chat.auto_cache, losses)}
    if chat.stop:
        request["stop_sequences"] = list(chat.stop)
    if chat.user is not None:
        request["metadata"] = {"user_id": chat.user}
    if chat.metadata is not None:
        losses.dropped("metadata")
    if chat.tier in _TIERS:
        request["service_tier"] = _TIERS[chat.tier]
    elif chat.tier is not None:
        losses.dropped("service_tier")
    if chat.n is not None and chat.n > 1:
        losses.dropped("n")
    for field, name in _NOT_THERE:
        if getattr(chat, field) is not None:
            losses.dropped(name)
    for name in chat.unknown:
        losses.dropped(name)
