"""House rule: a module is named for its idea, and its first sentence says who lives there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePath

from tests.house.sources import Source, hub_sources, report, sources_of_tests

FORBIDDEN = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}


def badly_named(source: Source) -> Iterator[str]:
    for part in PurePath(source.path).with_suffix("").parts:
        if FORBIDDEN & set(part.split("_")):
            yield f"{source.path}: {part!r} says nothing; name it for the idea it holds"


def without_opening(source: Source) -> Iterator[str]:
    words = ast.get_docstring(source.tree)
    if source.text.strip() and not (words and words.splitlines()[0].endswith((".", ":", ";"))):
        yield f"{source.path}: a module opens with one sentence that says who lives here"


def test_modules_are_named_for_their_idea() -> None:
    report([line for source in (*hub_sources(), *sources_of_tests()) for line in badly_named(source)])


def test_modules_open_with_a_sentence() -> None:
    report([line for source in (*hub_sources(), *sources_of_tests()) for line in without_opening(source)])


def test_bad_names_and_missing_openings_are_found() -> None:
    for bad in ("src/aigne_hub/utils.py", "src/aigne_hub/common/money.py", "tests/http_helpers.py"):
        assert list(badly_named(Source(bad, ""))), bad
    assert not list(badly_named(Source("src/aigne_hub/commons_fund.py", "")))
    assert list(without_opening(Source("a.py", "import os\n")))
    assert list(without_opening(Source("a.py", '"""no full stop"""\n')))
    assert not list(without_opening(Source("a.py", '"""Doors live here."""\n')))
    assert not list(without_opening(Source("__init__.py", "")))
