"""A key is made strict at the console, by keyboard, and stays so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.inhabited import inhabited
from tests.browser.keyboard import Keyboard
from tests.browser.test_keyboard import arrived, button, closed, opened


def test_a_key_is_made_strict(tmp_path: Path, person: Callable[..., Page]) -> None:
    with inhabited(tmp_path) as hub:
        olga = Keyboard(hub.opened(person))
        create = button(arrived(olga, "/access-keys"), "Create a key")
        olga.use("button", "Create a key")
        expect(olga.page.get_by_label("Name", exact=True)).to_be_focused()
        olga.type("Careful")
        olga.use("DisclosureTriangle", re.compile("Restrictions"))
        olga.use("switch", re.compile("Strict"), key="Space")
        expect(olga.page.get_by_role("switch", name="Strict")).to_be_checked()
        olga.use("button", "Create a key")
        opened(olga, "Your new key")
        olga.use("button", "I have stored it")
        closed(olga, create)
        olga.choose("Actions for Careful", "Edit")
        opened(olga, "Edit “Careful”")
        expect(olga.page.get_by_role("switch", name="Strict")).to_be_checked()
