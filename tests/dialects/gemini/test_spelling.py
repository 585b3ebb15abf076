"""Google's fields are found however they are spelled."""

from __future__ import annotations

import pytest

from aigne_hub.base.errors import BadRequest
from aigne_hub.dialects.gemini.spelling import GoogleFields, camel


def test_both_spellings_of_a_name_are_one() -> None:
    assert camel("max_output_tokens") == camel("maxOutputTokens") == "maxOutputTokens"
    f = GoogleFields({"generation_config": {"top_k": 40.0, "stop_sequences": []}})
    config = f.fields("generationConfig")
    assert config is not None
    assert (config.count("topK"), config.list("stopSequences"), config.rest()) == (40, [], ())


def test_a_list_of_one_may_stand_without_its_brackets() -> None:
    f = GoogleFields({"parts": {"text": "hi"}, "tools": None})
    assert f.each("parts", lambda part: part.text("text")) == ("hi",)
    assert f.each("tools", lambda part: part.text("text")) == ()


def test_what_is_wrong_is_refused_by_its_place() -> None:
    with pytest.raises(BadRequest, match="topK: a whole number"):
        GoogleFields({"top_k": 1.5}).count("topK")
    with pytest.raises(BadRequest, match="parts: a list"):
        GoogleFields({"parts": "hi"}).list("parts")
    with pytest.raises(BadRequest, match="an object is expected"):
        GoogleFields([])
