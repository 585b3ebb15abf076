"""Callers in several dialects: what each sends, and what it reads in an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True)
class CallerOf:
    """A caller of one dialect.

    `request` gives the path and the body. `text` is what an answer says, whole or an event of it; `is_end` whether an
    event says that all went well; `error` is the error of an answer or an event, if it is one.
    """

    request: Callable[[str, bool], tuple[str, Json]]
    text: Callable[[Json], str]
    is_end: Callable[[Json], bool]
    error: Callable[[Json], Json]

    def said(self, body: bytes) -> str:
        """What a stream says in all."""
        return "".join([self.text(one) for one in events(body)])

    def has_ended(self, body: bytes) -> bool:
        """Whether a stream says that it is whole: nothing but its end comes last."""
        found = events(body)
        return bool(found) and any(map(self.is_end, found)) and not any(map(self.error, found))


def events(body: bytes) -> list[Json]:
    """The data of a stream's events; `[DONE]` as a word."""
    lines = [line[5:].strip() for line in body.decode().split("\n") if line.startswith("data:")]
    return ["[DONE]" if line == "[DONE]" else json.loads(line) for line in lines]


def _field(value: Json, *path: str | int) -> Json:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _chat_text(one: Json) -> str:
    return _field(one, "choices", 0, "message", "content") or _field(one, "choices", 0, "delta", "content") or ""


def _messages_text(one: Json) -> str:
    return _field(one, "content", 0, "text") or _field(one, "delta", "text") or ""


def _responses_text(one: Json) -> str:
    if _field(one, "type") == "response.output_text.delta":
        return str(one["delta"])
    return _field(one, "output", 0, "content", 0, "text") or ""


def _gemini_text(one: Json) -> str:
    return _field(one, "candidates", 0, "content", "parts", 0, "text") or ""


def _chat(model: str, is_stream: bool) -> tuple[str, Json]:
    return "/v1/chat/completions", {"model": model, "stream": is_stream, "messages": [_ASK]}


def _messages(model: str, is_stream: bool) -> tuple[str, Json]:
    return "/v1/messages", {"model": model, "stream": is_stream, "max_tokens": 50, "messages": [_ASK]}


def _responses(model: str, is_stream: bool) -> tuple[str, Json]:
    return "/v1/responses", {"model": model, "stream": is_stream, "input": "hi"}


def _gemini(model: str, is_stream: bool) -> tuple[str, Json]:
    verb = "streamGenerateContent?alt=sse" if is_stream else "generateContent"
    return f"/v1beta/models/{model}:{verb}", {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


_ASK = {"role": "user", "content": "hi"}


def _error(one: Json) -> Json:
    return _field(one, "error")


CALLERS = {
    "Chat Completions": CallerOf(_chat, _chat_text, lambda one: one == "[DONE]", _error),
    "Messages": CallerOf(_messages, _messages_text, lambda one: _field(one, "type") == "message_stop", _error),
    "Responses": CallerOf(
        _responses,
        _responses_text,
        lambda one: _field(one, "type") == "response.completed",
        lambda one: one if _field(one, "type") == "error" else _field(one, "error") or _field(one, "response", "error"),
    ),
    "Gemini": CallerOf(_gemini, _gemini_text, lambda one: bool(_field(one, "candidates", 0, "finishReason")), _error),
}
