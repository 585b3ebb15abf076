"""Pages on which something lives already are looked at, as those of a fresh hub are in test_oauth.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.inhabited import inhabited
from tests.browser.seeing import Eyes
from tests.browser.test_oauth import PAGES


def test_every_page_of_a_hub_in_use_is_whole(tmp_path: Path, person: Callable[..., Page], eyes: Eyes) -> None:
    with inhabited(tmp_path) as hub:
        page = hub.opened(person)
        for number, path in enumerate(hub.paths(PAGES)):
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
            eyes.look(page, f"in-use-{number:02}-{path.partition('?')[0].strip('/').replace('/', '-') or 'overview'}")
