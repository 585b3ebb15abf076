"""Every page and every form of the console is walked by Tab and back, wide and narrow, in light and dark."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.inhabited import Inhabited, inhabited
from tests.browser.keyboard import Keyboard, Stop, faults_of, out_of_order
from tests.browser.test_oauth import PAGES

WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)
SIGNED_OUT = ("/sign-in", "/forgot", "/setup", "/nothing-here")
FORMS = (
    ("/access-keys", "Create a key"), ("/users", "Invite somebody"), ("/service-accounts", "Create a service account"),
    ("/oauth-clients", "Register a client"), ("/single-sign-on", "Add a provider"),
    ("/trusted-issuers", "Trust an issuer"), ("/profile", "Change the password"),
)  # fmt: skip
at_both_widths = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    with inhabited(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


def arrived(page: Page, path: str) -> Keyboard:
    """At a page of which nothing is still on its way."""
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)
    if path in SIGNED_OUT:  # these pages do not show that they wait for what the hub is
        page.wait_for_load_state("networkidle")
    return Keyboard(page)


def walked(hands: Keyboard) -> tuple[list[Stop], list[str]]:
    """The stops on the way down in the light scheme, and what is wrong there or on the way back in the dark."""
    page, found, ways = hands.page, [], []
    for key, scheme in (("Tab", "light"), ("Shift+Tab", "dark")):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        met = hands.walk(key)
        ways.append(from_the_top([stop for stop, _ in (met if key == "Tab" else reversed(met))]))
        found += [f"{scheme}: {fault}" for stop, unfocused in met for fault in faults_of(stop, unfocused)]
    down, up = ways
    if [stop.at for stop in up] != [stop.at for stop in down]:
        found.append(f"the way back is another: {[str(stop) for stop in up]}")
    found += [f"{one} comes before {two}" for one, two in itertools.pairwise(down) if out_of_order(one, two)]
    if page.locator("[tabindex]:not([tabindex^='-']):not([tabindex='0'])").count():
        found.append("there is a positive tabindex")
    return down, found if down else ["there is no stop"]


def from_the_top(stops: list[Stop]) -> list[Stop]:
    """A walk around a dialog begins where the focus was; here it begins with the dialog's first stop."""
    if not stops or stops[0].region != "dialog":
        return stops
    first = stops.index(min(stops, key=lambda stop: stop.top))
    return stops[first:] + stops[:first]


def faults_of_skip_link(page: Page, down: list[Stop]) -> list[str]:
    """Where there is a navigation, the first stop leads past it; elsewhere the first stop is the content's."""
    if page.get_by_role("navigation").count() or page.get_by_role("button", name="Open the navigation").count():
        return [] if down[0].name == "Skip to the content" else [f"the page begins with {down[0]}"]
    return [] if down[0].region == "main" else [f"there is something to skip: {down[0]}"]


@at_both_widths
def test_every_page_is_walked_whole(hub: Inhabited, person: Callable[..., Page], size: ViewportSize) -> None:
    complaints: list[str] = []
    for page, paths in ((hub.opened(person), hub.paths(PAGES)), (person(hub.url), SIGNED_OUT)):
        page.set_viewport_size(size)
        for path in paths:
            hands = arrived(page, path)
            hands.begin()
            down, found = walked(hands)
            complaints += [f"{path}: {fault}" for fault in found + faults_of_skip_link(page, down)]
    assert not complaints, "\n".join(complaints)


@at_both_widths
def test_every_form_is_walked_whole(hub: Inhabited, person: Callable[..., Page], size: ViewportSize) -> None:
    complaints: list[str] = []
    page = hub.opened(person)
    page.set_viewport_size(size)
    for path, opener in FORMS:
        hands = arrived(page, path)
        hands.use("button", opener)
        expect(page.get_by_role("dialog").locator(":focus")).to_have_count(1)
        if page.get_by_role("dialog").locator("summary").count():
            hands.use("DisclosureTriangle", re.compile(""))
        down, found = walked(hands)
        found += [f"{stop} is outside of the dialog" for stop in down if stop.region != "dialog"]
        complaints += [f"{path}, {opener}: {fault}" for fault in found]
    assert not complaints, "\n".join(complaints)
