"""The project's own files are found and parsed here, once for all house rules."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file: `path` relative to the project's root, with forward slashes."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parse(self.text)


@cache
def _parse(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def hub_sources() -> tuple[Source, ...]:
    """Every Python file of the hub itself; paths start with src/aigne_hub/."""
    return tuple(_read("src"))


@cache
def sources_of_tests() -> tuple[Source, ...]:
    return tuple(_read("tests"))


def _read(top: str) -> Iterator[Source]:
    for folder, below, files in os.walk(ROOT / top):
        below[:] = sorted(set(below) - {"node_modules", "__pycache__"})
        for name in sorted(files):
            if name.endswith(".py"):
                path = Path(folder, name)
                yield Source(path.relative_to(ROOT).as_posix(), path.read_text())


def imported_modules(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, module) of every import, wherever it stands, with absolute names as written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def names_of_module(tree: ast.Module, module: str) -> set[str]:
    """The names under which `module` itself is imported, such as {"os"} or {"system"} for `import os as system`."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == module
    }


def report(findings: list[str]) -> None:
    """Fail with one sentence a line."""
    assert not findings, "\n" + "\n".join(findings)
