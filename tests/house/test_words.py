"""House rule: the project's files name no machine's paths and no registry's hosts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import ROOT, report

TOP_FILES = ("*.md", "*.toml", "*.txt", "Makefile", ".importlinter", ".ci/*", "requirements/*")
FOLDERS = ("src", "tests", "bench", "docs", "web")
LEFT_OUT = {"node_modules", "dist", "__pycache__", "bench-out", ".venv"}
SUFFIXES = {".py", ".md", ".toml", ".txt", ".ini", ".cfg", ".conf", ".lua", ".yaml", ".yml", ".json", ".ts", ".tsx"}
SUFFIXES |= {".js", ".mjs", ".css", ".html", ".sh", ".sql", ".mako", ".jsonl"}

MACHINE_PATH = re.compile(r"(?<![\w.~}/-])/(?:work|root|home|Users)/\w")
LOCATED_PACKAGE = re.compile(
    r"https?://|--?(?:extra-)?index-url|--find-links|--trusted-host|\bpypi\.org\b", re.IGNORECASE
)


def machine_paths(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := MACHINE_PATH.search(line):
            yield f"{name}:{number} names a path of one machine: {line[found.start() :][:60]!r}"


def package_places(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if LOCATED_PACKAGE.search(line):
            yield f"{name}:{number} says where packages come from; that is the machine's business"


def project_files() -> Iterator[Path]:
    for pattern in TOP_FILES:
        yield from (path for path in ROOT.glob(pattern) if path.is_file())
    for folder in FOLDERS:
        for here, below, files in os.walk(ROOT / folder):
            below[:] = set(below) - LEFT_OUT
            yield from (Path(here, name) for name in files if Path(name).suffix in SUFFIXES)


def test_no_file_names_a_path_of_one_machine() -> None:
    findings: list[str] = []
    for path in project_files():
        findings += machine_paths(str(path.relative_to(ROOT)), path.read_text())
    report(findings)


def test_no_requirement_says_where_packages_come_from() -> None:
    findings: list[str] = []
    for path in (*ROOT.glob("requirements/*"), ROOT / "pyproject.toml"):
        findings += package_places(path.name, path.read_text())
    report(findings)


def test_paths_and_places_are_found() -> None:
    for folder in ("work", "root", "home", "Users"):
        assert list(machine_paths("a.md", f"see /{folder}/hub/data")), folder
    for good in ("https://example.com/home/page", "network/worker", "./work/item", "{base}/home/x", "/workers/a"):
        assert not list(machine_paths("a.md", good)), good
    for bad in ("--index-url x", "--find-links y", "a @ https://host/a.whl"):
        assert list(package_places("lock.txt", bad)), bad
    assert not list(package_places("lock.txt", "anyio==4.0 \\\n    --hash=sha256:00"))
