"""The calls in Chat Completions, as OpenAI's client is told them.

Source: https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create
"""

from __future__ import annotations

import json
from typing import Any

from tests.oracles.calls.said import BERN, CHUR, HI, LOOK, PDF, PIXEL, SCHEMA, SYSTEM, TELLS, WEATHER

_HI: dict[str, Any] = {"role": "user", "content": HI}
_TOOL = {"type": "function", "function": {"name": WEATHER, "description": TELLS, "parameters": SCHEMA}}
_LIMIT = {"max_completion_tokens": 64}
_BREAK = {"prompt_cache_breakpoint": {"mode": "explicit"}}


def _use(id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    said = json.dumps(arguments, separators=(",", ":"))
    return {"id": id, "type": "function", "function": {"name": WEATHER, "arguments": said}}


_FILE = {"filename": "notes.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
_IMAGE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}

CALLS: dict[str, dict[str, Any]] = {
    "plain": {"messages": [{"role": "system", "content": SYSTEM}, _HI], "temperature": 0.5, **_LIMIT},
    "turns": {
        "messages": [_HI, {"role": "assistant", "content": "Teal."}, {"role": "user", "content": "Why?"}],
        **_LIMIT,
    },
    "stop": {"messages": [_HI], "stop": ["END", "STOP"], **_LIMIT},
    "tools": {"messages": [_HI], "tools": [_TOOL], "tool_choice": "required", **_LIMIT},
    "one_tool": {
        "messages": [_HI],
        "tools": [_TOOL],
        "tool_choice": {"type": "function", "function": {"name": WEATHER}},
        "parallel_tool_calls": False,
        **_LIMIT,
    },
    "tool_round": {
        "messages": [
            _HI,
            {"role": "assistant", "content": "I look.", "tool_calls": [_use("call_1", BERN), _use("call_2", CHUR)]},
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
            {"role": "tool", "tool_call_id": "call_2", "content": "rain"},
        ],
        "tools": [_TOOL],
        **_LIMIT,
    },
    "image": {"messages": [{"role": "user", "content": [{"type": "text", "text": LOOK}, _IMAGE]}], **_LIMIT},
    "document": {
        "messages": [{"role": "user", "content": [{"type": "file", "file": _FILE}, {"type": "text", "text": LOOK}]}],
        **_LIMIT,
    },
    "schema": {
        "messages": [_HI],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}},
        **_LIMIT,
    },
    "effort": {"messages": [_HI], "reasoning_effort": "high", "max_completion_tokens": 30000},
    "cached": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": LOOK, **_BREAK},
                    {**_IMAGE, **_BREAK},
                    {"type": "text", "text": HI},
                ],
            }
        ],
        **_LIMIT,
    },
}
