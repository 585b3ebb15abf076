"""The page of faults is that of the matrix."""

from __future__ import annotations

from pathlib import Path

from tests.faults.page import page

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_the_page_is_the_matrix() -> None:
    assert PAGE.read_text() == page(), "make it anew: python -m tests.faults.page > docs/faults.md"
