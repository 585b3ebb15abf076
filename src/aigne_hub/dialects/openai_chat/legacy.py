"""The reference's older chat shape lives here: camelCase requests, and answers that carry both shapes.

Source: contract 2.3. An answer stays a Chat Completions answer; the older fields are added to it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from aigne_hub.dialects.call import Label
from aigne_hub.dialects.usage import Usage

_write = msgspec.json.Encoder().encode

_RENAMED = {
    "topP": "top_p",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "maxTokens": "max_tokens",
    "toolChoice": "tool_choice",
    "responseFormat": "response_format",
}
_RENAMED_IN_MESSAGES = {"toolCalls": "tool_calls", "toolCallId": "tool_call_id"}
LEGACY_NAMES = tuple(f'"{name}"'.encode() for name in (*_RENAMED, *_RENAMED_IN_MESSAGES, "imageUrl", "jsonSchema"))


def modernised(request: dict[str, Any]) -> bytes:
    """The request with the older names replaced. A new name that is there already wins."""
    request = _renamed(request, _RENAMED)
    if isinstance(request.get("messages"), list):
        request["messages"] = [_modern_message(message) for message in request["messages"]]
    if isinstance(request.get("response_format"), dict):
        request["response_format"] = _renamed(request["response_format"], {"jsonSchema": "json_schema"})
    if request.get("tools") == []:
        del request["tools"]
    return _write(request)


def hybrid_answer(answer: dict[str, Any], label: Label) -> bytes:
    """A whole answer with `role`, `text`, `content`, `toolCalls` and the usage in both spellings.

    Its label is settled: what it cost is known.
    """
    message = _first(answer, "message")
    answer["role"] = message.get("role", "assistant")
    answer["text"] = answer["content"] = message.get("content") or ""
    if message.get("tool_calls"):
        answer["toolCalls"] = message["tool_calls"]
    _spell_usage(answer, label, None)
    return _write(answer)


def hybrid_chunk(chunk: dict[str, Any], label: Label, usage: Usage | None) -> bytes:
    """A chunk with a top-level `delta`. Clients test `typeof x === "object"`, so no null may stand here."""
    delta = _first(chunk, "delta")
    if delta:
        older = {name: delta[name] for name in ("role", "content") if delta.get(name) is not None}
        if delta.get("tool_calls"):
            older["toolCalls"] = delta["tool_calls"]
        chunk["delta"] = older
    _spell_usage(chunk, label, usage)
    if chunk.get("error", "") is None:
        del chunk["error"]
    return _write(chunk)


def _spell_usage(answer: dict[str, Any], label: Label, usage: Usage | None) -> None:
    """The provider's own counts in both spellings, and the hub's marks, of which the credits are by `usage`."""
    shown = answer.get("usage")
    if not isinstance(shown, dict):
        answer.pop("usage", None)
        return
    given, made = shown.get("prompt_tokens", 0), shown.get("completion_tokens", 0)
    shown["promptTokens"] = shown["inputTokens"] = given
    shown["completionTokens"] = shown["outputTokens"] = made
    shown["totalTokens"] = shown.get("total_tokens", (given or 0) + (made or 0))
    shown |= label.marks(usage or Usage())


def _first(answer: dict[str, Any], part: str) -> dict[str, Any]:
    choices = answer.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        found = choices[0].get(part)
        return found if isinstance(found, dict) else {}
    return {}


def _modern_message(message: Any) -> Any:
    if not isinstance(message, dict):
        return message
    message = _renamed(message, _RENAMED_IN_MESSAGES)
    if isinstance(message.get("content"), list):
        message["content"] = [
            _renamed(part, {"imageUrl": "image_url"}) if isinstance(part, dict) else part for part in message["content"]
        ]
    return message


def _renamed(old: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    renamed = {}
    for name, value in old.items():
        new = names.get(name, name)
        if new == name or new not in old:
            renamed[new] = value
    return renamed
