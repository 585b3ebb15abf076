"""House rule: a function has at most 70 lines, a file at most 400; db/schema.py is a page of tables, all on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.sources import Source, hub_sources, report, sources_of_tests

LONGEST_FUNCTION = 70
LONGEST_FILE = 400
WHOLE_PAGE = "src/aigne_hub/db/schema.py"


def oversized(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > LONGEST_FILE and str(source.path) != WHOLE_PAGE:
        yield f"{source.path} has {lines} lines; a file holds one idea in at most {LONGEST_FILE}: split it by concept"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{source.path}:{node.lineno} {node.name} has {length} lines, more than {LONGEST_FUNCTION}"


def test_functions_and_files_are_short() -> None:
    report([line for source in (*hub_sources(), *sources_of_tests()) for line in oversized(source)])


def test_a_long_function_and_a_long_file_are_found() -> None:
    fits = "async def fits():\n" + "    pass\n" * (LONGEST_FUNCTION - 1)
    long = fits.replace("fits", "long") + "    pass\n"
    assert list(oversized(Source("a.py", fits))) == []
    assert list(oversized(Source("a.py", long))) == ["a.py:1 long has 71 lines, more than 70"]
    assert len(list(oversized(Source("a.py", "x = 1\n" * LONGEST_FILE)))) == 0
    assert len(list(oversized(Source("a.py", "x = 1\n" * (LONGEST_FILE + 1))))) == 1
