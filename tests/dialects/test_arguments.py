"""Arguments that are no object are kept."""

from __future__ import annotations

from aigne_hub.dialects.arguments import as_object


def test_arguments_that_are_no_object_are_kept() -> None:
    assert as_object('{"a":1}') == {"a": 1}
    assert as_object("") == {}
    assert as_object("[1]") == {"_": [1]}
    assert as_object("oops") == {"_": "oops"}
