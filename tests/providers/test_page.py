"""The page about providers says what their rows say."""

from __future__ import annotations

from pathlib import Path

from aigne_hub.providers.page import page
from aigne_hub.providers.rows import KNOWN

_PAGE = Path(__file__).parents[2] / "docs" / "providers.md"


def test_the_page_is_what_the_rows_give() -> None:
    assert _PAGE.read_text() == page(), "run `python -m aigne_hub.providers.page > docs/providers.md`"


def test_the_page_tells_of_every_provider_how_to_add_it() -> None:
    text = page()
    for row in KNOWN.values():
        assert f"## {row.display_name} (`{row.name}`)" in text
        assert f"    aigne-hub provider add {row.name}" in text
        assert f"<{row.source}>" in text
    assert "provider add azure --base-url https://NAME.openai.azure.com/openai/v1" in text
