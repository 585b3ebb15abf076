"""Requests of Chat Completions live here, written from the middle for a provider.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects import cache_marks, effort, media
from aigne_hub.dialects.cache_marks import Marker
from aigne_hub.dialects.chat import (
    Chat,
    Choosing,
    Format,
    Media,
    MediaKind,
    Message,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolResult,
    ToolUse,
)
from aigne_hub.dialects.fidelity import Losses

_write = msgspec.json.Encoder().encode

# Fields of the request that are the middle's own, by their names there.
_SAME = (
    ("parallel_tool_calls", "parallel_tools"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("seed", "seed"),
    ("n", "n"),
    ("presence_penalty", "presence_penalty"),
    ("frequency_penalty", "frequency_penalty"),
    ("logit_bias", "logit_bias"),
    ("user", "user"),
    ("metadata", "metadata"),
    ("service_tier", "tier"),
    ("verbosity", "verbosity"),
    ("prompt_cache_key", "cache_key"),
)


def write_chat(chat: Chat, model: str, losses: Losses, quirks: frozenset[str], *, is_stream: bool) -> bytes:
    """The request for a provider that speaks Chat Completions with these quirks (providers/known.py)."""
    chat = cache_marks.latest(chat, losses)
    mark = cache_marks.marker(quirks, model)
    request: dict[str, Any] = {"model": model, "messages": _written_messages(chat, losses, quirks, mark)}
    if chat.tools:
        request["tools"] = [_written_tool(tool, losses) for tool in chat.tools]
    if chat.tool_choice is not None:
        request["tool_choice"] = _written_choice(chat.tool_choice)
    if chat.format is not None:
        request["response_format"] = _written_format(chat.format)
    if chat.reasoning is not None:
        request |= _written_reasoning(chat.reasoning, losses)
    request |= _written_sampling(chat, losses, quirks)
    if is_stream:
        request["stream"] = True
        request["stream_options"] = {"include_usage": True}
    for name in chat.unknown:
        losses.dropped(name)
    return _write(request)


def _written_sampling(chat: Chat, losses: Losses, quirks: frozenset[str]) -> dict[str, Any]:
    written = {name: value for name, field in _SAME if (value := getattr(chat, field)) is not None}
    if chat.max_output is not None:
        written["max_completion_tokens" if "max_completion_tokens" in quirks else "max_tokens"] = chat.max_output
    if chat.top_k is not None:
        if "top_k" in quirks:
            written["top_k"] = chat.top_k
        else:
            losses.dropped("top_k")
    if chat.logprobs is not None:
        written["logprobs"] = True
        if chat.logprobs:
            written["top_logprobs"] = chat.logprobs
    if chat.stop:
        written["stop"] = list(chat.stop)
    return written


def _written_messages(chat: Chat, losses: Losses, quirks: frozenset[str], mark: Marker | None) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []
    later: list[dict[str, Any]] = []  # pictures of tool results, which only a user's message may hold
    for message in chat.messages:
        if message.role is Role.tool:
            for part in message.parts:
                if isinstance(part, ToolResult):
                    written.append(_written_result(part, later, losses, mark))
            continue
        if later:
            written.append({"role": "user", "content": later})
            later = []
        written.append(
            _written_assistant(message, losses, quirks)
            if message.role is Role.assistant
            else _written_said(message, losses, mark)
        )
    if later:
        written.append({"role": "user", "content": later})
    return written


def _written_said(message: Message, losses: Losses, mark: Marker | None) -> dict[str, Any]:
    role = "system" if message.role is Role.developer else message.role.value
    written: dict[str, Any] = {"role": role, "content": _written_parts(message.parts, losses, mark)}
    if message.name is not None:
        written["name"] = message.name
    return written


def _written_assistant(message: Message, losses: Losses, quirks: frozenset[str]) -> dict[str, Any]:
    written: dict[str, Any] = {"role": "assistant"}
    uses = [part for part in message.parts if isinstance(part, ToolUse)]
    thoughts = [part for part in message.parts if isinstance(part, Thinking)]
    refusals = [part.text for part in message.parts if isinstance(part, Refusal)]
    said = "".join([part.text for part in message.parts if isinstance(part, Text)])
    if any(isinstance(part, Media) for part in message.parts):
        losses.dropped("messages.media")
    if any(cache_marks.mark_of(part) is not None for part in message.parts):
        losses.approximated(cache_marks.FIELD)  # what the model said takes no marks
    written["content"] = said if said or not (uses or refusals) else None
    if refusals:
        written["refusal"] = "".join(refusals)
    if uses:
        written["tool_calls"] = [written_use(use) for use in uses]
    if message.name is not None:
        written["name"] = message.name
    if thoughts:
        if "reasoning_content" in quirks:
            written["reasoning_content"] = "".join([thought.text for thought in thoughts])
        else:
            losses.dropped("thinking")
    return written


def written_use(use: ToolUse) -> dict[str, Any]:
    """A tool call as it stands in messages and answers; a foreign seal has a place for Google's only."""
    written: dict[str, Any] = {
        "id": use.id,
        "type": "function",
        "function": {"name": use.name, "arguments": use.arguments},
    }
    if use.seal is not None and use.seal.of == "gemini":
        written["extra_content"] = {"google": {"thought_signature": use.seal.value}}
    return written


def _written_result(
    result: ToolResult, later: list[dict[str, Any]], losses: Losses, mark: Marker | None
) -> dict[str, Any]:
    said = "\n".join([part.text for part in result.parts if isinstance(part, Text)])
    pictures = [part for part in result.parts if isinstance(part, Media)]
    if pictures:
        losses.approximated("tool_result.media")
        later += [one for one in (_written_media(picture, losses) for picture in pictures) if one is not None]
    if result.is_error:
        losses.dropped("tool_result.is_error")
    life = cache_marks.mark_of(result)
    content = said if life is None else _written_parts((Text(said, cache=life),), losses, mark)
    return {"role": "tool", "tool_call_id": result.id, "content": content}


def _written_parts(parts: tuple[Part, ...], losses: Losses, mark: Marker | None) -> str | list[dict[str, Any]]:
    is_marked = any(cache_marks.mark_of(part) is not None for part in parts)
    if is_marked and mark is None:
        losses.approximated(cache_marks.FIELD)  # the provider finds what to cache by itself
    if len(parts) == 1 and isinstance(parts[0], Text) and not (is_marked and mark):
        return parts[0].text
    written = []
    for part in parts:
        if isinstance(part, Text):
            one: dict[str, Any] | None = {"type": "text", "text": part.text}
        elif isinstance(part, Media):
            one = _written_media(part, losses)
        else:
            losses.dropped(f"messages.{type(part).__name__.lower()}")
            continue
        if one is not None:
            written.append({**one, **mark(part.cache, losses)} if mark and part.cache is not None else one)
    return written


def _written_media(part: Media, losses: Losses) -> dict[str, Any] | None:
    if part.kind is MediaKind.image and part.file_id is None:
        image: dict[str, Any] = {"url": part.url if part.url is not None else media.data_url(part)}
        if part.detail is not None:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    if part.kind is MediaKind.audio and part.data is not None:
        return {"type": "input_audio", "input_audio": {"data": part.data, "format": media.audio_format(part.mime)}}
    if part.kind is MediaKind.video and part.file_id is None:
        return {"type": "video_url", "video_url": {"url": part.url or media.data_url(part)}}
    if part.kind is MediaKind.file and part.data is not None:
        name = part.name or ("document.pdf" if part.mime == "application/pdf" else "file")
        return {"type": "file", "file": {"filename": name, "file_data": media.data_url(part)}}
    losses.dropped(f"messages.{part.kind.value}_{'url' if part.url is not None else 'id'}")
    return None


def _written_tool(tool: Tool, losses: Losses) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.schema is not None:
        function["parameters"] = tool.schema
    if tool.strict:  # not to be strict is what is meant without the word, which not every provider takes
        function["strict"] = True
    if tool.cache is not None:
        losses.approximated(cache_marks.FIELD)
    return {"type": "function", "function": function}


def _written_choice(choice: Choosing | str) -> str | dict[str, Any]:
    return choice.value if isinstance(choice, Choosing) else {"type": "function", "function": {"name": choice}}


def _written_format(format: Format) -> dict[str, Any]:
    if format.schema is None:
        return {"type": "json_object"}
    schema: dict[str, Any] = {"name": format.name or "answer", "schema": format.schema}
    if format.description is not None:
        schema["description"] = format.description
    if format.strict is not None:
        schema["strict"] = format.strict
    return {"type": "json_schema", "json_schema": schema}


def _written_reasoning(reasoning: Reasoning, losses: Losses) -> dict[str, Any]:
    if reasoning.effort is not None:
        return {"reasoning_effort": "xhigh" if reasoning.effort == "max" else reasoning.effort}
    if reasoning.budget is None:
        return {}
    losses.approximated("reasoning_budget")
    return {"reasoning_effort": effort.effort_of(reasoning.budget)}
