"""What is read of an object is of the right type or refused by its place, and what is left is named."""

from __future__ import annotations

from typing import Any

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.fields import Fields

READ: list[tuple[str, Any, Any]] = [
    ("text", 1, "a string"),
    ("whole", True, "a whole number"),
    ("whole", 1.5, "a whole number"),
    ("number", "1", "a number"),
    ("flag", 1, "true or false"),
    ("object", [], "an object"),
    ("fields", "x", "an object"),
    ("list", {}, "a list"),
]


@pytest.mark.parametrize(("reader", "value", "wanted"), READ)
def test_a_wrong_type_is_refused_by_its_place(reader: str, value: Any, wanted: str) -> None:
    with pytest.raises(BadRequest) as refused:
        getattr(Fields({"a": value}, "messages[2]"), reader)("a")
    assert refused.value.param == "messages[2].a"
    assert wanted in refused.value.message


@pytest.mark.parametrize("reader", [reader for reader, _, _ in READ])
def test_what_is_missing_or_null_is_not_there(reader: str) -> None:
    f = Fields({"a": None})
    assert getattr(f, reader)("a") is None
    assert getattr(f, reader)("b") is None


def test_what_nobody_asked_for_is_named_and_the_object_stays_as_it_was() -> None:
    given = {"model": "m", "top_k": 3, "strange": 1, "odd": None}
    f = Fields(given)
    f.drop("model")
    assert f.whole("top_k", 0) == 3
    assert f.rest() == ("strange",)
    assert given == {"model": "m", "top_k": 3, "strange": 1, "odd": None}


def test_bounds_hold() -> None:
    assert Fields({"t": 2}).number("t", 0, 2) == 2
    with pytest.raises(BadRequest, match=r"t: a number from 0 to 2"):
        Fields({"t": 2.1}).number("t", 0, 2)
    with pytest.raises(BadRequest, match=r"n: a whole number from 1 to any"):
        Fields({"n": 0}).whole("n", 1)


def test_the_objects_of_a_list_know_their_places() -> None:
    with pytest.raises(BadRequest) as refused:
        Fields({"tools": [{"name": "a"}, {"name": 2}]}).each("tools", lambda f: f.need_text("name"))
    assert refused.value.param == "tools[1].name"


def test_what_is_needed_must_be_there() -> None:
    with pytest.raises(BadRequest, match="a: this is missing"):
        Fields({}).need_text("a")
    with pytest.raises(BadRequest, match="a: this is missing"):
        Fields({}).need_fields("a")
    with pytest.raises(BadRequest, match="one of no, yes"):
        Fields({"a": "maybe"}).one_of("a", frozenset({"yes", "no"}))
