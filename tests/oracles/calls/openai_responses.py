"""The calls in Responses, as OpenAI's client is told them.

Source: https://developers.openai.com/api/reference/resources/responses/methods/create
"""

from __future__ import annotations

import json
from typing import Any

from tests.oracles.calls.said import BERN, CHUR, HI, LOOK, PDF, PIXEL, SCHEMA, SYSTEM, TELLS, WEATHER

_HI: dict[str, Any] = {"role": "user", "content": HI}
_TOOL = {"type": "function", "name": WEATHER, "description": TELLS, "parameters": SCHEMA, "strict": False}
_LIMIT = {"max_output_tokens": 64}
_BREAK = {"prompt_cache_breakpoint": {"mode": "explicit"}}
_FILE = {"type": "input_file", "filename": "notes.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}
_IMAGE = {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PIXEL}"}
_LOOK = {"type": "input_text", "text": LOOK}


def _use(id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    said = json.dumps(arguments, separators=(",", ":"))
    return {"type": "function_call", "call_id": id, "name": WEATHER, "arguments": said}


def _gave(id: str, output: str) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": id, "output": output}


CALLS: dict[str, dict[str, Any]] = {
    "plain": {"instructions": SYSTEM, "input": [_HI], "temperature": 0.5, **_LIMIT},
    "turns": {
        "input": [
            _HI,
            {"type": "message", "role": "assistant", "content": "Teal."},
            {"role": "user", "content": "Why?"},
        ],
        **_LIMIT,
    },
    "tools": {"input": [_HI], "tools": [_TOOL], "tool_choice": "required", **_LIMIT},
    "one_tool": {
        "input": [_HI],
        "tools": [_TOOL],
        "tool_choice": {"type": "function", "name": WEATHER},
        "parallel_tool_calls": False,
        **_LIMIT,
    },
    "tool_round": {
        "input": [
            _HI,
            {"type": "message", "role": "assistant", "content": "I look."},
            _use("call_1", BERN),
            _use("call_2", CHUR),
            _gave("call_1", "sunny"),
            _gave("call_2", "rain"),
        ],
        "tools": [_TOOL],
        **_LIMIT,
    },
    "image": {"input": [{"role": "user", "content": [_LOOK, _IMAGE]}], **_LIMIT},
    "document": {"input": [{"role": "user", "content": [_FILE, _LOOK]}], **_LIMIT},
    "schema": {
        "input": [_HI],
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": SCHEMA, "strict": True}},
        **_LIMIT,
    },
    "effort": {"input": [_HI], "reasoning": {"effort": "high"}, "max_output_tokens": 30000},
    "cached": {
        "input": [
            {
                "role": "user",
                "content": [{**_LOOK, **_BREAK}, {**_IMAGE, **_BREAK}, {"type": "input_text", "text": HI}],
            }
        ],
        **_LIMIT,
    },
}
