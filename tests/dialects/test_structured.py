"""What was asked for in words is checked; what a schema must be is said before anything is sent."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import BadRequest, UpstreamFailed
from aigne_hub.dialects.chat import (
    Answer,
    Candidate,
    Ended,
    Event,
    Finish,
    Format,
    Text,
    TextPiece,
    Thinking,
    ThinkingPiece,
    ToolUse,
)
from aigne_hub.dialects.structured import HeldTo, check_format, check_tools, checked_schema, in_words, kept_to

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"type": 5}, "schema.type"),
        ({"type": "object", "properties": {"a": {"type": "any"}}}, "schema.properties.a.type"),
        ({"allOf": [{}, {"required": True}]}, "schema.allOf[1].required"),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "minimum": "1"}, "schema.minimum"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: dict[str, object], place: str) -> None:
    with pytest.raises(BadRequest, match="no JSON schema") as refused:
        checked_schema(schema, "schema")
    assert refused.value.param == place


@pytest.mark.parametrize(
    "schema",
    [
        {},
        CITY,
        {"minimum": 1, "exclusiveMinimum": True},
        {"$ref": "http://127.0.0.1:9/x"},
        {"$schema": "http://127.0.0.1:9/unknown", "type": 5},
        {"x-own": 1},
    ],
)
def test_what_may_be_one_passes_and_nothing_is_fetched(schema: dict[str, object]) -> None:
    assert checked_schema(schema, "schema") is schema


def test_a_schema_nested_without_end_is_refused() -> None:
    schema: dict[str, object] = {}
    for _ in range(900):
        schema = {"type": schema}
    with pytest.raises(BadRequest, match="nested too deeply") as refused:
        checked_schema(schema, "schema")
    assert refused.value.param == "schema"


def test_what_goes_on_as_it_is_may_lack_a_schema_and_have_nothing_else_in_its_place() -> None:
    for format in (None, "text", {}, {"json_schema": None}, {"json_schema": {"schema": CITY}}):
        check_format(format, "format", "json_schema", "schema")
    with pytest.raises(BadRequest) as refused:
        check_format({"json_schema": {"schema": "word"}}, "format", "json_schema", "schema")
    assert refused.value.param == "format.json_schema.schema"
    check_tools([{"type": "web_search"}, {"parameters": None}, {"parameters": CITY}, "?"], "parameters")
    with pytest.raises(BadRequest) as refused:
        check_tools([{}, {"parameters": {"type": 5}}], "parameters")
    assert refused.value.param == "tools[1].parameters.type"


@pytest.mark.parametrize("text", ['{"city":"Bern"}', '```json\n{"city":"Bern"}\n```', ' ```\n{"city":"Bern"}\n``` \n'])
def test_an_answer_as_asked_loses_its_fence(text: str) -> None:
    assert kept_to(Format(CITY), text) == '{"city":"Bern"}'


@pytest.mark.parametrize(
    ("format", "text", "reason"),
    [
        (Format(CITY), "Bern", "no JSON"),
        (Format(CITY), '{"city":"Bern"} is the answer', "no JSON"),
        (Format(CITY), '{"city":7}', 'not of type "string"'),
        (Format(CITY), "{}", "city"),
        (Format(), "[1]", "no JSON object"),
        (Format(), "[" * 5000, "no JSON"),
    ],
)
def test_an_answer_that_is_not_as_asked_is_the_providers_failure(format: Format, text: str, reason: str) -> None:
    with pytest.raises(UpstreamFailed, match=reason) as failed:
        kept_to(format, text)
    assert (failed.value.status, failed.value.code) == (502, "format_not_kept")


@pytest.mark.parametrize("schema", [{"$ref": "http://127.0.0.1:9/x"}, {"properties": {"a": {"pattern": "(("}}}])
def test_a_schema_beyond_what_can_be_checked_here_hinders_no_answer(schema: dict[str, object]) -> None:
    assert kept_to(Format(schema), '{"a":"b"}') == '{"a":"b"}'


def test_the_words_name_the_schema() -> None:
    assert '"required":["city"]' in in_words(Format(CITY))
    assert "JSON object" in in_words(Format())


def test_only_a_whole_answer_is_checked() -> None:
    held = HeldTo(Format(CITY))
    use, thought = ToolUse("1", "find", "{}"), Thinking("hm")
    cut = Candidate((Text('{"ci'),), Finish.length)
    calls = Candidate((Text("I look it up"), use), Finish.tools)
    whole = Candidate((thought, Text('```\n{"city":'), Text('"Bern"}\n```')), Finish.stop)
    answer = held.answer(Answer("i", "m", (cut, calls, whole)))
    assert answer.candidates[:2] == (cut, calls)
    assert answer.candidates[2].parts == (thought, Text('{"city":"Bern"}'))


def test_in_a_stream_it_comes_once_and_as_asked_or_not_at_all() -> None:
    held = HeldTo(Format(CITY))
    thought: Event = ThinkingPiece("hm")
    assert held.events([thought, TextPiece("```json\n"), TextPiece('{"city":')]) == [thought]
    assert held.events([TextPiece('"Bern"}\n```'), Ended(Finish.stop)]) == [
        TextPiece('{"city":"Bern"}'),
        Ended(Finish.stop),
    ]
    assert held.events([TextPiece("no", 1), Ended(Finish.length, choice=1)])[0] == TextPiece("no", 1)
    assert held.error is None
    assert held.events([TextPiece("Bern"), Ended(Finish.stop)]) == [Ended(Finish.stop)]
    assert held.error is not None
