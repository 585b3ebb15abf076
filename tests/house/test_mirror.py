"""House rule: the tests mirror the source, file by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tests.house.sources import hub_sources, report, sources_of_tests

TOP = PurePosixPath("src/aigne_hub")
EXEMPT = ("db/migrations/",)


def unmirrored(sources: Iterable[str], tests: Iterable[str]) -> Iterator[str]:
    there = set(tests)
    for path in sources:
        inner = PurePosixPath(path).relative_to(TOP)
        wanted = str(PurePosixPath("tests") / inner.with_name(f"test_{inner.name}"))
        if inner.name != "__init__.py" and not str(inner).startswith(EXEMPT) and wanted not in there:
            yield f"{path} has no tests: write {wanted}"


def test_every_module_has_its_tests() -> None:
    report(list(unmirrored((one.path for one in hub_sources()), (one.path for one in sources_of_tests()))))


def test_a_module_without_tests_is_found() -> None:
    sources = ("src/aigne_hub/__init__.py", "src/aigne_hub/db/writer.py", "src/aigne_hub/db/migrations/env.py")
    assert list(unmirrored(sources, ["tests/test_writer.py"])) == [
        "src/aigne_hub/db/writer.py has no tests: write tests/db/test_writer.py"
    ]
    assert list(unmirrored(sources, ["tests/db/test_writer.py"])) == []
