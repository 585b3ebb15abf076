"""The calls in Converse, as AWS's client is told them.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import json
from typing import Any

from tests.oracles.calls.said import BERN, CHUR, HI, LOOK, PDF_BYTES, PIXEL_BYTES, SCHEMA, SYSTEM, TELLS, WEATHER

_TOOL = {"toolSpec": {"name": WEATHER, "description": TELLS, "inputSchema": {"json": SCHEMA}}}
_LIMIT = {"inferenceConfig": {"maxTokens": 64}}
_MARK = {"cachePoint": {"type": "default", "ttl": "1h"}}


def _said(role: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def _use(id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": id, "name": WEATHER, "input": arguments}}


def _gave(id: str, output: str) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": id, "content": [{"text": output}]}}


_HI = _said("user", {"text": HI})
_STRUCTURE = {"jsonSchema": {"schema": json.dumps(SCHEMA, separators=(",", ":")), "name": "answer"}}

CALLS: dict[str, dict[str, Any]] = {
    "plain": {
        "system": [{"text": SYSTEM}],
        "messages": [_HI],
        "inferenceConfig": {"maxTokens": 64, "temperature": 0.5},
    },
    "turns": {"messages": [_HI, _said("assistant", {"text": "Teal."}), _said("user", {"text": "Why?"})], **_LIMIT},
    "stop": {"messages": [_HI], "inferenceConfig": {"maxTokens": 64, "stopSequences": ["END", "STOP"]}},
    "tools": {"messages": [_HI], "toolConfig": {"tools": [_TOOL], "toolChoice": {"any": {}}}, **_LIMIT},
    "one_tool": {
        "messages": [_HI],
        "toolConfig": {"tools": [_TOOL], "toolChoice": {"tool": {"name": WEATHER}}},
        **_LIMIT,
    },
    "tool_round": {
        "messages": [
            _HI,
            _said("assistant", {"text": "I look."}, _use("call_1", BERN), _use("call_2", CHUR)),
            _said("user", _gave("call_1", "sunny"), _gave("call_2", "rain")),
        ],
        "toolConfig": {"tools": [_TOOL]},
        **_LIMIT,
    },
    "image": {
        "messages": [_said("user", {"text": LOOK}, {"image": {"format": "png", "source": {"bytes": PIXEL_BYTES}}})],
        **_LIMIT,
    },
    "document": {
        "messages": [
            _said(
                "user",
                {"document": {"format": "pdf", "name": "notes", "source": {"bytes": PDF_BYTES}}},
                {"text": LOOK},
            )
        ],
        **_LIMIT,
    },
    "schema": {
        "messages": [_HI],
        "outputConfig": {"textFormat": {"type": "json_schema", "structure": _STRUCTURE}},
        **_LIMIT,
    },
    "effort": {
        "messages": [_HI],
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 16384}},
        "inferenceConfig": {"maxTokens": 30000},
    },
    "cached": {
        "messages": [
            _said(
                "user",
                {"text": LOOK},
                _MARK,
                {"image": {"format": "png", "source": {"bytes": PIXEL_BYTES}}},
                _MARK,
                {"text": HI},
            )
        ],
        **_LIMIT,
    },
}
