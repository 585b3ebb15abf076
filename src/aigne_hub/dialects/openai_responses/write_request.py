"""Requests of Responses live here, written from the middle for a provider.

Source: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from aigne_hub.dialects import cache_marks, effort
from aigne_hub.dialects.chat import Chat, Choosing, Format, Message, Reasoning, Role, Seal, Text, Thinking, Tool
from aigne_hub.dialects.fidelity import Losses
from aigne_hub.dialects.openai_responses.items import NAME, write_items
from aigne_hub.dialects.openai_responses.read_request import ENCRYPTED, LOGPROBS

_write = msgspec.json.Encoder().encode

_LEAST_OUTPUT = 16  # a smaller limit is refused
_THINKS = re.compile(r"(?:o\d|gpt-[5-9])(?!.*-chat)")  # models that think unasked (OpenAI's guide to reasoning)

# Fields of the request that are the middle's own, by their names there.
_SAME = (
    ("parallel_tool_calls", "parallel_tools"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("user", "user"),
    ("metadata", "metadata"),
    ("service_tier", "tier"),
    ("prompt_cache_key", "cache_key"),
)
_NOT_THERE = ("seed", "presence_penalty", "frequency_penalty", "logit_bias")


def write_chat(chat: Chat, model: str, losses: Losses, quirks: frozenset[str], *, is_stream: bool) -> bytes:
    """The request for a provider that speaks Responses with these quirks (providers/known.py).

    No other format has the provider keep the answer, so it is told not to; what it thought comes encrypted then.
    """
    chat = cache_marks.latest(chat, losses)
    mark = cache_marks.breakpoint_marker(quirks, model)
    instructions, messages = _instructed(chat.messages, losses, takes_marks=mark is not None)
    items = write_items(messages, losses, quirks, mark)
    request: dict[str, Any] = {"model": model, "input": items, "store": False}
    if instructions is not None:
        request["instructions"] = instructions
    if chat.tools:
        request["tools"] = [_written_tool(tool, losses) for tool in chat.tools]
    if chat.tool_choice is not None:
        request["tool_choice"] = _written_choice(chat.tool_choice)
    text = _written_text(chat)
    if text:
        request["text"] = text
    if chat.reasoning is not None:
        request |= _written_reasoning(chat.reasoning, losses)
    request |= _written_sampling(chat, losses, quirks)
    included = [LOGPROBS] if chat.logprobs is not None else []
    if "reasoning" in request or _has_own_thoughts(messages) or _THINKS.match(model):
        included.append(ENCRYPTED)
    if included:
        request["include"] = included
    if is_stream:
        request["stream"] = True
    for name in chat.unknown:
        losses.dropped(name)
    return _write(request)


def _instructed(
    messages: tuple[Message, ...], losses: Losses, *, takes_marks: bool
) -> tuple[str | None, tuple[Message, ...]]:
    """The instructions, which are a system message that comes first, and the messages after them.

    Instructions take no cache marks: a message that has some stays one, where they can be carried.
    """
    if len(messages) < 2 or messages[0].role is not Role.system:
        return None, messages
    texts = [part for part in messages[0].parts if isinstance(part, Text)]
    is_marked = any(text.cache is not None for text in texts)
    if len(texts) < len(messages[0].parts) or (is_marked and takes_marks):
        return None, messages
    if messages[0].name is not None:
        losses.dropped("messages.name")
    if is_marked:
        losses.approximated(cache_marks.FIELD)
    return "\n\n".join([text.text for text in texts]), messages[1:]


def _written_sampling(chat: Chat, losses: Losses, quirks: frozenset[str]) -> dict[str, Any]:
    written = {name: value for name, field in _SAME if (value := getattr(chat, field)) is not None}
    if chat.max_output is not None:
        written["max_output_tokens"] = max(_LEAST_OUTPUT, chat.max_output)
        if chat.max_output < _LEAST_OUTPUT:
            losses.approximated("max_tokens")
    if chat.top_k is not None and "top_k" in quirks:
        written["top_k"] = chat.top_k
    elif chat.top_k is not None:
        losses.dropped("top_k")
    if chat.logprobs:
        written["top_logprobs"] = chat.logprobs
    if chat.n is not None and chat.n > 1:
        losses.dropped("n")
    if chat.stop:
        losses.dropped("stop")
    for name in _NOT_THERE:
        if getattr(chat, name) is not None:
            losses.dropped(name)
    return written


def _written_tool(tool: Tool, losses: Losses) -> dict[str, Any]:
    # What is not said is strict here, and is not in any other format.
    written: dict[str, Any] = {"type": "function", "name": tool.name, "strict": tool.strict is True}
    written["parameters"] = tool.schema if tool.schema is not None else {"type": "object", "properties": {}}
    if tool.description is not None:
        written["description"] = tool.description
    if tool.cache is not None:
        losses.approximated(cache_marks.FIELD)
    return written


def _written_choice(choice: Choosing | str) -> str | dict[str, Any]:
    return choice.value if isinstance(choice, Choosing) else {"type": "function", "name": choice}


def _written_text(chat: Chat) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if chat.format is not None:
        written["format"] = _written_format(chat.format)
    if chat.verbosity is not None:
        written["verbosity"] = chat.verbosity
    return written


def _written_format(format: Format) -> dict[str, Any]:
    if format.schema is None:
        return {"type": "json_object"}
    written: dict[str, Any] = {"type": "json_schema", "name": format.name or "answer", "schema": format.schema}
    if format.description is not None:
        written["description"] = format.description
    if format.strict is not None:
        written["strict"] = format.strict
    return written


def _written_reasoning(reasoning: Reasoning, losses: Losses) -> dict[str, Any]:
    said = reasoning.effort
    if said is None and reasoning.budget is not None:
        losses.approximated("reasoning_budget")
        said = effort.effort_of(reasoning.budget)
    written: dict[str, Any] = {} if said is None else {"effort": "xhigh" if said == "max" else said}
    if reasoning.summary is not None:
        written["summary"] = reasoning.summary
    return {"reasoning": written} if written else {}


def _has_own_thoughts(messages: tuple[Message, ...]) -> bool:
    found = [part.seal for message in messages for part in message.parts if isinstance(part, Thinking)]
    return any(isinstance(seal, Seal) and seal.of == NAME for seal in found)
