"""A real Chromium at a real hub: what a person sees and does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.seeing import Eyes
from tests.cli.shell import Shell
from tests.real.packages import installed
from tests.serving_process import ServingHub, serving_hub

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps",
]  # fmt: skip
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; nothing is downloaded.

    It is gone after each module: while it is there its event loop runs, in which no other test can start one.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path is not None, "Chromium is missing: install the package chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def aigne_cli() -> Path:
    """The published AIGNE CLI."""
    return installed(Path(__file__).parents[1] / "real" / "aigne_cli")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServingHub]:
    """A fresh hub, not yet set up; no local model."""
    with serving_hub(tmp_path / "data") as hub:
        yield hub


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """The command line on the data directory of `served`."""
    return Shell(tmp_path / "data")


@pytest.fixture
def served_with_model(tmp_path: Path) -> Iterator[ServingHub]:
    """A fresh hub, not yet set up, with the model that ships with it."""
    with serving_hub(tmp_path / "data", local_model="on") as hub:
        yield hub


@pytest.fixture
def person(chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens the console of a hub as somebody new, in a browser profile of their own; English unless told."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, locale: str = "en-US") -> Page:
        context = chromium.new_context(base_url=url, locale=locale, viewport={"width": 1280, "height": 800})
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def eyes() -> Eyes:
    """Looks at a page: screenshots in light and dark, wide and narrow, and axe's verdict."""
    return Eyes(SHOTS)
