"""The calls in generateContent, as Google's client is told them.

Source: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from typing import Any

from google.genai import types

from tests.oracles.calls.said import (
    BERN,
    CHUR,
    HI,
    LOOK,
    PDF_BYTES,
    PIXEL_BYTES,
    SCHEMA,
    SYSTEM,
    TELLS,
    WEATHER,
)

_DECLARED = types.FunctionDeclaration(name=WEATHER, description=TELLS, parameters_json_schema=SCHEMA)
_TOOLS: dict[str, Any] = {
    "tools": [types.Tool(function_declarations=[_DECLARED])],
    "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True),
}
_LIMIT = {"max_output_tokens": 64}
_LOOK = types.Part(text=LOOK)


def _asked(contents: Any, **config: Any) -> dict[str, Any]:
    return {"contents": contents, "config": types.GenerateContentConfig(**{**_LIMIT, **config})}


def _said(role: str, *parts: types.Part) -> types.Content:
    return types.Content(role=role, parts=list(parts))


def _use(id: str, arguments: dict[str, Any]) -> types.Part:
    return types.Part(function_call=types.FunctionCall(id=id, name=WEATHER, args=arguments))


def _gave(id: str, output: str) -> types.Part:
    return types.Part(function_response=types.FunctionResponse(id=id, name=WEATHER, response={"output": output}))


def _choose(*names: str) -> types.ToolConfig:
    config = types.FunctionCallingConfig(
        mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=list(names) or None
    )
    return types.ToolConfig(function_calling_config=config)


CALLS: dict[str, dict[str, Any]] = {
    "plain": _asked(HI, system_instruction=SYSTEM, temperature=0.5),
    "turns": _asked(
        [
            _said("user", types.Part(text=HI)),
            _said("model", types.Part(text="Teal.")),
            _said("user", types.Part(text="Why?")),
        ]
    ),
    "stop": _asked(HI, stop_sequences=["END", "STOP"]),
    "tools": _asked(HI, **_TOOLS, tool_config=_choose()),
    "one_tool": _asked(HI, **_TOOLS, tool_config=_choose(WEATHER)),
    "tool_round": _asked(
        [
            _said("user", types.Part(text=HI)),
            _said("model", types.Part(text="I look."), _use("call_1", BERN), _use("call_2", CHUR)),
            _said("user", _gave("call_1", "sunny"), _gave("call_2", "rain")),
        ],
        **_TOOLS,
    ),
    "image": _asked([_said("user", _LOOK, types.Part.from_bytes(data=PIXEL_BYTES, mime_type="image/png"))]),
    "document": _asked([_said("user", types.Part.from_bytes(data=PDF_BYTES, mime_type="application/pdf"), _LOOK)]),
    "schema": _asked(HI, response_mime_type="application/json", response_json_schema=SCHEMA),
    "effort": _asked(
        HI,
        thinking_config=types.ThinkingConfig(thinking_budget=16384, include_thoughts=True),
        max_output_tokens=30000,
    ),
}
