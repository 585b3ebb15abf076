"""Editing in place: what is not edited stays as it was, and no second member of a name survives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigne_hub.dialects.splice import append, edit, find_quoted, insert_first, members_of, replace_model

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=8)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def pairs(body: bytes) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = json.loads(body, object_pairs_hook=list)
    return found


@given(OBJECTS, TEXT, TEXT, LAYOUTS)
def test_only_the_model_changes(fields: dict[str, Any], old: str, new: str, layout: dict[str, Any]) -> None:
    fields["model"] = old
    body = json.dumps(fields, **layout).encode()
    edited = replace_model(body, old, json.dumps(new).encode())
    assert json.loads(edited) == {**fields, "model": new}
    # Byte for byte: taking the new name out again gives the old body.
    (member,) = [one for one in members_of(edited) if one.name == "model"]
    (before,) = [one for one in members_of(body) if one.name == "model"]
    assert edited[: member.value] + body[before.value : before.end] + edited[member.end :] == body


@given(OBJECTS, LAYOUTS)
def test_the_members_are_those_of_the_parser(fields: dict[str, Any], layout: dict[str, Any]) -> None:
    body = json.dumps(fields, **layout).encode()
    found = members_of(body)
    assert [one.name for one in found] == list(fields)
    assert [json.loads(body[one.value : one.end]) for one in found] == list(fields.values())


@given(OBJECTS, st.dictionaries(TEXT, st.none() | TEXT, max_size=4))
def test_edit_sets_and_removes(fields: dict[str, Any], changes: dict[str, str | None]) -> None:
    body = json.dumps(fields).encode()
    edited = edit(body, {name: None if to is None else json.dumps(to).encode() for name, to in changes.items()})
    expected = {**fields, **changes}
    assert json.loads(edited) == {
        name: v for name, v in expected.items() if name not in changes or changes[name] is not None
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"a","x":1,"model":"a"}',
        b'{"mod\\u0065l":"evil","model":"a"}',
        b'{"model":"a","mod\\u0065l":"a"}',
        b'{"\\u006dodel":"a"}',
    ],
)
def test_no_second_model_reaches_the_provider(body: bytes) -> None:
    edited = replace_model(body, "a", b'"b"')
    assert [value for name, value in pairs(edited) if name == "model"] == ["b"]


def test_a_model_deeper_down_is_left_alone() -> None:
    body = b'{"tools":[{"model":"x"}],"model":"a","metadata":{"model":"a"}}'
    assert replace_model(body, "a", b'"b"') == b'{"tools":[{"model":"x"}],"model":"b","metadata":{"model":"a"}}'


def test_a_quoted_model_in_a_text_is_left_alone() -> None:
    body = rb'{"content":"say \"model\": \"a\"","model":"a"}'
    assert replace_model(body, "a", b'"b"') == rb'{"content":"say \"model\": \"a\"","model":"b"}'


def test_a_large_body_is_edited_in_place() -> None:
    body = b'{"image":"' + b"A" * 10_000_000 + b'","model":"a","other":{"model":1}}'
    assert replace_model(body, "a", b'"b"').endswith(b'","model":"b","other":{"model":1}}')


@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=5))
def test_members_are_added_first_and_last(fields: dict[str, Any]) -> None:
    body = json.dumps(fields).encode()
    assert pairs(insert_first(body, b'"n":1'))[0] == ("n", 1)
    assert pairs(append(body, b'"n":1'))[-1] == ("n", 1)
    assert len(pairs(append(body, b'"n":1'))) == len(fields) + 1


@pytest.mark.parametrize("padding", [b"", b"A" * 100_000, b'"",' * 30_000])
@pytest.mark.parametrize("body", [b'{"a":"b","c":1}', b'{"c":"a"}', b'{"cc":"c","c"', b'{c"', b"", b'"c'])
def test_a_quoted_name_is_found_in_bodies_of_any_size(body: bytes, padding: bytes) -> None:
    for whole in (body + padding, padding + body, padding + body + padding + body):
        for start in (0, 1, 5, len(whole) // 2, len(whole), len(whole) + 9):
            assert find_quoted(whole, b'"c"', start) == whole.find(b'"c"', start)
