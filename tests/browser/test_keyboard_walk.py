"""Every page of the console is walked by Tab and back by Shift+Tab, wide and narrow, in light and dark."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.inhabited import Inhabited, inhabited
from tests.browser.keyboard import Keyboard, Stop, faults_of, out_of_order
from tests.browser.test_oauth import PAGES

WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)
SIGNED_OUT = ("/sign-in", "/forgot", "/setup", "/nothing-here")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


def _settled(page: Page) -> None:
    """Nothing of the page is still on its way; the pages outside do not show that they wait for what the hub is."""
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    if page.url.endswith(SIGNED_OUT):
        page.wait_for_load_state("networkidle")


def faults_on(hands: Keyboard, path: str) -> list[str]:
    """What is wrong on one page: on the way down in one scheme, and on the way back in the other."""
    page, found, ways = hands.page, [], []
    hands.begin()
    for key, scheme in (("Tab", "light"), ("Shift+Tab", "dark")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        met = hands.walk(key)
        ways.append([stop for stop, _ in met])
        found += [f"{scheme}: {fault}" for stop, unfocused in met for fault in faults_of(stop, unfocused)]
    down, up = ways
    if not down:
        found.append("has no stop")
    if [stop.at for stop in up] != [stop.at for stop in reversed(down)]:
        found.append(f"the way back is another: {[str(stop) for stop in up]}")
    found += [f"{one} comes before {two}" for one, two in itertools.pairwise(down) if out_of_order(one, two)]
    if page.locator("[tabindex]:not([tabindex^='-']):not([tabindex='0'])").count():
        found.append("has a positive tabindex")
    return [f"{path} {page.viewport_size}: {fault}" for fault in found + faults_of_skip_link(path, page, down)]


def faults_of_skip_link(path: str, page: Page, down: list[Stop]) -> list[str]:
    """Where there is a navigation, the first stop leads past it; elsewhere the first stop is the content's."""
    if page.get_by_role("navigation").count() or page.get_by_role("button", name="Open the navigation").count():
        return [] if down[0].name == "Skip to the content" else [f"begins with {down[0]}"]
    return [] if down[0].region == "main" else [f"has something to skip: {down[0]}"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_walked_whole(hub: Inhabited, person: Callable[..., Page], size: ViewportSize) -> None:
    found: list[str] = []
    for page, paths in ((hub.opened(person), hub.paths(PAGES)), (person(hub.url), SIGNED_OUT)):
        page.set_viewport_size(size)
        for path in paths:
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            _settled(page)
            found += faults_on(Keyboard(page), path)
    assert not found, "\n".join(found)
