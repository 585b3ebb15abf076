"""Google's own schemas say the same as JSON schemas (https://ai.google.dev/api/caching#Schema)."""

from __future__ import annotations

from aigne_hub.dialects.gemini.schemas import as_json_schema
from tests.dialects.chats import SCHEMA


def test_types_limits_and_nulls_are_spelled_as_everywhere() -> None:
    assert as_json_schema(
        {
            "type": "OBJECT",
            "property_ordering": ["type"],
            "properties": {
                "type": {"type": "STRING", "format": "enum", "enum": ["a"], "nullable": True},
                "min_items": {"type": "ARRAY", "items": {"type": "INTEGER"}, "min_items": "1", "maxItems": 3},
                "either": {"any_of": [{"type": "NUMBER"}], "nullable": True},
            },
            "required": ["type"],
        }
    ) == {
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "enum": ["a", None]},
            "min_items": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
            "either": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        },
        "required": ["type"],
    }


def test_a_json_schema_stays_one() -> None:
    assert as_json_schema(SCHEMA) == SCHEMA
    assert as_json_schema({"$defs": {"a_b": {"type": ["string"]}}, "additionalProperties": False, "x": 1}) == {
        "$defs": {"a_b": {"type": ["string"]}},
        "additionalProperties": False,
        "x": 1,
    }


def test_null_is_not_said_but_where_a_value_may_be_null() -> None:
    given = {"type": "STRING", "title": None, "default": None, "items": {"type": "TYPE_UNSPECIFIED", "minItems": None}}
    assert as_json_schema(given) == {"type": "string", "default": None, "items": {}}
