"""The calls in Messages, as Anthropic's client is told them.

Source: https://platform.claude.com/docs/en/api/messages/create
"""

from __future__ import annotations

from typing import Any

from tests.oracles.calls.said import BERN, CHUR, HI, LOOK, PDF, PIXEL, SCHEMA, SYSTEM, TELLS, WEATHER

_HI: dict[str, Any] = {"role": "user", "content": HI}
_TOOL = {"name": WEATHER, "description": TELLS, "input_schema": SCHEMA}
_LIMIT = {"max_tokens": 64}
_MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
_PDF = {"type": "base64", "media_type": "application/pdf", "data": PDF}
_LOOK = {"type": "text", "text": LOOK}


def _use(id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": WEATHER, "input": arguments}


def _gave(id: str, output: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": id, "content": output}


CALLS: dict[str, dict[str, Any]] = {
    "plain": {"system": SYSTEM, "messages": [_HI], "extra_body": {"temperature": 0.5}, **_LIMIT},
    "turns": {
        "messages": [_HI, {"role": "assistant", "content": "Teal."}, {"role": "user", "content": "Why?"}],
        **_LIMIT,
    },
    "stop": {"messages": [_HI], "stop_sequences": ["END", "STOP"], **_LIMIT},
    "tools": {"messages": [_HI], "tools": [_TOOL], "tool_choice": {"type": "any"}, **_LIMIT},
    "one_tool": {
        "messages": [_HI],
        "tools": [_TOOL],
        "tool_choice": {"type": "tool", "name": WEATHER, "disable_parallel_tool_use": True},
        **_LIMIT,
    },
    "tool_round": {
        "messages": [
            _HI,
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "I look."}, _use("call_1", BERN), _use("call_2", CHUR)],
            },
            {"role": "user", "content": [_gave("call_1", "sunny"), _gave("call_2", "rain")]},
        ],
        "tools": [_TOOL],
        **_LIMIT,
    },
    "image": {"messages": [{"role": "user", "content": [_LOOK, _IMAGE]}], **_LIMIT},
    "document": {
        "messages": [{"role": "user", "content": [{"type": "document", "source": _PDF, "title": "notes.pdf"}, _LOOK]}],
        **_LIMIT,
    },
    "schema": {
        "messages": [_HI],
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        **_LIMIT,
    },
    "effort": {
        "messages": [_HI],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
        "max_tokens": 30000,
    },
    "cached": {
        "messages": [
            {"role": "user", "content": [{**_LOOK, **_MARK}, {**_IMAGE, **_MARK}, {"type": "text", "text": HI}]}
        ],
        **_LIMIT,
    },
}
