"""Requests of generateContent live here, written from the middle for Google.

Sources: https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs/thinking for which
models think how.
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects import cache_marks, effort, structured
from aigne_hub.dialects.chat import Chat, Choosing, Format, Reasoning, Role, Tool, ToolResult
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.gemini import models
from aigne_hub.dialects.gemini.write_parts import PartWriter

_write = msgspec.json.Encoder().encode

_MODES = {Choosing.auto: "AUTO", Choosing.required: "ANY", Choosing.none: "NONE"}
_LEVELS = {"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH"}
_TIERS = {
    "auto": "unspecified",
    "default": "standard",
    "standard": "standard",
    "standard_only": "standard",
    "flex": "flex",
    "priority": "priority",
}
_MOST_STOPS = 5
_SAME = (
    ("maxOutputTokens", "max_output"),
    ("temperature", "temperature"),
    ("topP", "top_p"),
    ("topK", "top_k"),
    ("seed", "seed"),
    ("candidateCount", "n"),
    ("presencePenalty", "presence_penalty"),
    ("frequencyPenalty", "frequency_penalty"),
)
_NOT_THERE = (
    ("logit_bias", "logit_bias"),
    ("user", "user"),
    ("metadata", "metadata"),
    ("verbosity", "verbosity"),
    ("cache_key", "prompt_cache_key"),
)


def write_chat(chat: Chat, model: str, losses: Losses) -> bytes:
    """The request for Google, whose path names the model and whether the answer streams."""
    config = _written_config(chat, model, losses)
    system, contents = _written_contents(chat, model, losses)
    if chat.format is not None:
        if chat.tools and not models.takes_schema_beside_tools(model):
            losses.approximated(structured.FIELD)
            system.append({"text": structured.in_words(chat.format)})
        else:
            config |= _written_format(chat.format)
    request: dict[str, Any] = {"contents": contents}
    if system:
        request["systemInstruction"] = {"parts": system, "role": "user"}
    if chat.tools:
        request["tools"] = [{"functionDeclarations": [_written_tool(tool, losses) for tool in chat.tools]}]
    if (choice := _written_choice(chat)) is not None:
        request["toolConfig"] = {"functionCallingConfig": choice}
    if config:
        request["generationConfig"] = config
    if chat.tier in _TIERS:
        request["serviceTier"] = _TIERS[chat.tier]
    _note_losses(chat, losses)
    return _write(request)


def _note_losses(chat: Chat, losses: Losses) -> None:
    if chat.parallel_tools is False and chat.tools:
        losses.dropped("parallel_tool_calls")
    if chat.tier is not None and chat.tier not in _TIERS:
        losses.dropped("service_tier")
    for field, name in _NOT_THERE:
        if getattr(chat, field) is not None:
            losses.dropped(name)
    for name in chat.unknown:
        losses.dropped(name)


def _written_contents(chat: Chat, model: str, losses: Losses) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The parts of the system's words, and the turns; results of functions stay in a turn of their own."""
    writer = PartWriter(model, losses)
    system: list[dict[str, Any]] = []
    turns: list[tuple[Role, list[dict[str, Any]]]] = []
    for message in chat.messages:
        role = message.role
        if role is Role.tool:
            parts = [one for part in message.parts if isinstance(part, ToolResult) for one in writer.result(part)]
        else:
            parts = writer.said(message.parts)
        if message.name is not None:
            losses.dropped("messages.name")
        if role in (Role.system, Role.developer):
            if not turns:
                system += [part for part in parts if "text" in part]  # which is all it may hold
                if any("text" not in part for part in parts):
                    losses.dropped("system_message.media")
                continue
            losses.approximated("system_message_in_between")
            role = Role.user
        if turns and turns[-1][0] is role and role is not Role.user:
            turns[-1][1].extend(parts)
        elif parts:
            turns.append((role, parts))
    return system, [{"parts": parts, "role": "model" if role is Role.assistant else "user"} for role, parts in turns]


def _written_config(chat: Chat, model: str, losses: Losses) -> dict[str, Any]:
    config: dict[str, Any] = {name: value for name, field in _SAME if (value := getattr(chat, field)) is not None}
    if chat.stop:
        config["stopSequences"] = list(chat.stop[:_MOST_STOPS])
        if len(chat.stop) > _MOST_STOPS:
            losses.approximated("stop")
    if chat.logprobs is not None:
        config["responseLogprobs"] = True
        if chat.logprobs:
            config["logprobs"] = chat.logprobs
    if chat.reasoning is not None and (thinking := _written_thinking(chat.reasoning, model, losses)) is not None:
        config["thinkingConfig"] = thinking
    return config


def _written_thinking(wanted: Reasoning, model: str, losses: Losses) -> dict[str, Any] | None:
    if not models.has_levels(model):
        return _written_budget(wanted, model, losses)
    if wanted.budget is not None:
        return {"thinkingBudget": wanted.budget, "includeThoughts": True}
    if wanted.effort is None:
        return {"includeThoughts": True}
    level = _LEVELS.get(wanted.effort, "MINIMAL" if wanted.effort == "none" else "HIGH")
    if "pro" in model:
        level = {"MINIMAL": "LOW", "MEDIUM": "MEDIUM" if models.version(model) > (3, 0) else "HIGH"}.get(level, level)
    if level.lower() != wanted.effort:
        losses.approximated("reasoning_effort")
    return {"thinkingLevel": level} | ({} if wanted.effort == "none" else {"includeThoughts": True})


def _written_budget(wanted: Reasoning, model: str, losses: Losses) -> dict[str, Any] | None:
    limits = models.budgets(model)
    if limits is None:
        if wanted.effort != "none":
            losses.dropped("reasoning_budget" if wanted.effort is None else "reasoning_effort")
        return None
    if wanted.effort == "none" and wanted.budget is None:
        if models.can_stop_thinking(model):
            return {"thinkingBudget": 0}
        losses.approximated("reasoning_effort")
        return {"thinkingBudget": limits[0]}
    if wanted.budget is None and wanted.effort is None:
        return {"includeThoughts": True}
    if wanted.budget is not None:
        budget, field = wanted.budget, "reasoning_budget"
    else:
        budget, field = effort.budget_of(wanted.effort or "medium"), "reasoning_effort"
        losses.approximated(field)
    within = min(max(budget, limits[0]), limits[1])
    if within != budget:
        losses.approximated(field)
    return {"thinkingBudget": within, "includeThoughts": True}


def _written_tool(tool: Tool, losses: Losses) -> dict[str, Any]:
    written: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        written["description"] = tool.description
    if tool.schema is not None:
        written["parametersJsonSchema"] = tool.schema
    if tool.cache is not None:
        losses.approximated(cache_marks.FIELD)
    return written


def _written_choice(chat: Chat) -> dict[str, Any] | None:
    """VALIDATED is "call or say something, but call as declared", which is what a strict tool asks for."""
    choice = chat.tool_choice
    if isinstance(choice, str) and not isinstance(choice, Choosing):
        return {"mode": "ANY", "allowedFunctionNames": [choice]}
    if choice in (None, Choosing.auto) and any(tool.strict for tool in chat.tools):
        return {"mode": "VALIDATED"}
    return None if choice is None else {"mode": _MODES[choice]}


def _written_format(format: Format) -> dict[str, Any]:
    written: dict[str, Any] = {"responseMimeType": "application/json"}
    if format.schema is not None:
        written["responseJsonSchema"] = format.schema
    return written
