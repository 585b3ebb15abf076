"""Google's schemas as JSON schemas live here.

Source: https://ai.google.dev/api/caching#Schema: OpenAPI's schemas in part, with types in capitals, `nullable`,
and limits as strings. What is a JSON schema already stays one.
"""

from __future__ import annotations

from typing import Any

from aigne_hub.dialects.gemini.spelling import camel

_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_NESTED = frozenset({"items", "additionalProperties", "not"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_NAMED = frozenset({"properties", "$defs", "defs", "definitions"})
_DROPPED = frozenset({"nullable", "propertyOrdering"})
_VALUES = frozenset({"const", "default", "example", "enum"})  # which may be null; of all else that is "not said"
_NO_TYPE = "TYPE_UNSPECIFIED"


def as_json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that says the same to everybody; nesting is bounded by that of the body it came in."""
    written: dict[str, Any] = {}
    for spelled, value in schema.items():
        name = camel(spelled)
        if name in _DROPPED or (name == "format" and value == "enum") or (name == "type" and value == _NO_TYPE):
            continue
        if value is None and name not in _VALUES:
            continue
        written[name] = _member(name, value)
    if schema.get("nullable") is True:
        kind = written.get("type")
        if isinstance(kind, str):
            written["type"] = [kind, "null"]
        elif "anyOf" in written:
            written["anyOf"] = [*written["anyOf"], {"type": "null"}]
        if isinstance(written.get("enum"), list):
            written["enum"] = [*written["enum"], None]
    return written


def _member(name: str, value: Any) -> Any:
    if name == "type" and isinstance(value, str):
        return value.lower() if value.lower() in _TYPES else value
    if name in _NAMED and isinstance(value, dict):
        return {key: as_json_schema(one) if isinstance(one, dict) else one for key, one in value.items()}
    if name in _NESTED and isinstance(value, dict):
        return as_json_schema(value)
    if name in _LISTS and isinstance(value, list):
        return [as_json_schema(one) if isinstance(one, dict) else one for one in value]
    if name in _COUNTS and isinstance(value, str) and value.isdigit():
        return int(value)
    return value
